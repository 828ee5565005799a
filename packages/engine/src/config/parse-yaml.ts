import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type YAMLMap } from 'yaml'

import { ConfigError } from '../errors.ts'
import { composeYaml, positionOf, syntaxError } from './compose-yaml.ts'
import { at, limits, tooLarge } from './limits.ts'
import {
  listTree,
  mapTree,
  scalarTree,
  type MapEntry,
  type MapTree,
  type Position,
  type Tree,
} from './tree.ts'

const refusedKeys = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Parses one YAML file to a map whose every part knows its line and column. An empty file is an empty map.
 *
 * @param file Its name in messages, relative to the project.
 * @throws ConfigError `CONFIG_SYNTAX`, `CONFIG_TOO_LARGE`, `CONFIG_DUPLICATE_KEY`, `CONFIG_KEY_REFUSED`
 */
export function parseYaml(source: string, file: string): MapTree {
  const tree = parseYamlTree(source, file)
  if (tree.kind === 'map') return tree
  if (tree.kind === 'scalar' && tree.value === null)
    return mapTree({ file, line: 1, column: 1 }, new Map())
  throw syntaxError(tree.position, 'The file must hold a map of names to values')
}

/** The same for a file that holds any value; an empty one holds null. */
export function parseYamlTree(source: string, file: string): Tree {
  const { contents, lines } = composeYaml(source, file)
  if (contents === null) return scalarTree({ file, line: 1, column: 1 }, null)
  return new TreeReader(file, lines).read(contents, 1)
}

class TreeReader {
  readonly #file: string
  readonly #lines: LineCounter
  readonly #anchors = new Map<string, Tree>()
  #values = 0

  constructor(file: string, lines: LineCounter) {
    this.#file = file
    this.#lines = lines
  }

  read(node: Node | null, depth: number): Tree {
    const position = this.#position(node)
    if (depth > limits.depth)
      throw tooLarge(position, `more than ${limits.depth} levels of nesting`)
    if (node !== null && isAlias(node)) return this.#alias(node.source, position)
    this.#count(1, position)
    if (node === null) return scalarTree(position, null)
    const tree = this.#build(node, depth, position)
    // Registered when complete, so that no value can hold itself.
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, tree)
    return tree
  }

  #build(node: Node, depth: number, position: Position): Tree {
    if (isMap(node)) return this.#map(node, depth, position)
    if (isSeq(node)) {
      // The parser's items are nodes; only its constructors for writing allow other values.
      return listTree(
        position,
        node.items.map((item) => this.read(item as Node | null, depth + 1)),
      )
    }
    const value: unknown = isScalar(node) ? node.value : undefined
    if (value === null || typeof value === 'string' || typeof value === 'boolean')
      return scalarTree(position, value)
    if (typeof value === 'number' && Number.isFinite(value)) return scalarTree(position, value)
    throw syntaxError(
      position,
      'Only strings, finite numbers, true, false, null, lists and maps can stand here',
    )
  }

  #map(map: YAMLMap, depth: number, position: Position): MapTree {
    const entries = new Map<string, MapEntry>()
    const merged: Tree[] = []
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? keyName(key.value) : undefined
      // As above: the parser gives nodes.
      const keyNode = key as Node | null
      const keyPosition = keyNode === null ? position : this.#position(keyNode)
      if (name === undefined) throw syntaxError(keyPosition, 'A key must be a plain name')
      const tree = this.read(value as Node | null, depth + 1)
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        merged.push(...mergeSources(tree, keyPosition))
        continue
      }
      assertKey(name, keyPosition)
      const before = entries.get(name)
      if (before !== undefined) throw duplicateKey(name, keyPosition, before.keyPosition)
      // A value that is left out (`key:`) stands where its key does.
      entries.set(name, {
        keyPosition,
        value: value === null ? scalarTree(keyPosition, null) : tree,
      })
    }
    takeIn(merged, entries)
    return mapTree(position, entries)
  }

  #alias(name: string, position: Position): Tree {
    const target = this.#anchors.get(name)
    if (target === undefined) {
      throw new ConfigError(
        'CONFIG_SYNTAX',
        `${at(position)}: There is no anchor &${name.slice(0, 100)} before this alias.`,
        {
          position,
          hint: 'Write the anchor before its first alias, and not around it.',
        },
      )
    }
    this.#count(target.size, position)
    return target
  }

  /** Aliases count as if written out, so that a few lines cannot stand for a billion values. */
  #count(values: number, position: Position): void {
    this.#values += values
    if (this.#values > limits.values)
      throw tooLarge(position, `more than ${limits.values} values, aliases written out`)
  }

  #position(node: Node | null): Position {
    return positionOf(this.#lines, node?.range?.[0] ?? 0, this.#file)
  }
}

/** The maps that `<<: *a` or `<<: [*a, *b]` takes in. */
function mergeSources(tree: Tree, position: Position): readonly Tree[] {
  const sources = tree.kind === 'list' ? tree.items : [tree]
  if (sources.every((source) => source.kind === 'map')) return sources
  throw syntaxError(position, '"<<" takes a map or a list of maps')
}

/** Adds what merged maps hold and the map itself does not; the first that has a key wins. */
function takeIn(merged: readonly Tree[], entries: Map<string, MapEntry>): void {
  for (const source of merged) {
    if (source.kind !== 'map') continue
    for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry)
  }
}

/** Numbers, true and false are names as well, as people write them. */
function keyName(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** @throws ConfigError `CONFIG_KEY_REFUSED` for a name to which JavaScript gives a meaning of its own. */
export function assertKey(name: string, position: Position): void {
  if (!refusedKeys.has(name)) return
  throw new ConfigError('CONFIG_KEY_REFUSED', `${at(position)}: "${name}" cannot be a key.`, {
    position,
    hint: 'JavaScript gives this name a meaning of its own: choose another.',
  })
}

/** The error of a name that is given twice where it may stand once. */
export function duplicateKey(name: string, position: Position, first: Position): ConfigError {
  const shown = JSON.stringify(name.slice(0, 100))
  return new ConfigError(
    'CONFIG_DUPLICATE_KEY',
    `${at(position)}: ${shown} is already set at ${at(first)}.`,
    {
      position,
      hint: 'Keep one of the two.',
    },
  )
}
