import type { ConfigPosition } from '../errors.ts'

/** A place in a configuration file. */
export type Position = Required<ConfigPosition>

/** A configuration value that remembers where it was written, through merging and interpolation. */
export type Tree = MapTree | ListTree | ScalarTree

export type Scalar = string | number | boolean | null

export interface MapTree {
  readonly kind: 'map'
  readonly position: Position
  /** How many values it holds in all, itself counted, with aliases written out. */
  readonly size: number
  readonly entries: ReadonlyMap<string, MapEntry>
}

export interface MapEntry {
  readonly keyPosition: Position
  readonly value: Tree
}

export interface ListTree {
  readonly kind: 'list'
  readonly position: Position
  readonly size: number
  readonly items: readonly Tree[]
}

export interface ScalarTree {
  readonly kind: 'scalar'
  readonly position: Position
  readonly size: 1
  readonly value: Scalar
}

export function mapTree(position: Position, entries: ReadonlyMap<string, MapEntry>): MapTree {
  let size = 1
  for (const { value } of entries.values()) size += value.size
  return { kind: 'map', position, size, entries }
}

export function listTree(position: Position, items: readonly Tree[]): ListTree {
  let size = 1
  for (const item of items) size += item.size
  return { kind: 'list', position, size, items }
}

export function scalarTree(position: Position, value: Scalar): ScalarTree {
  return { kind: 'scalar', position, size: 1, value }
}

/** The plain value of a tree. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(plain)
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.value)]))
}

/** The tree at a path; undefined when there is none. */
export function descend(tree: Tree, path: readonly PropertyKey[]): Tree | undefined {
  let here: Tree | undefined = tree
  for (const key of path) {
    if (here?.kind === 'map') here = here.entries.get(String(key))?.value
    else if (here?.kind === 'list' && /^\d+$/.test(String(key))) here = here.items[Number(key)]
    else return undefined
  }
  return here
}
