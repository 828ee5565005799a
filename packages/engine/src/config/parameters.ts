import type { MapTree, Position, Tree } from './tree.ts'
import { plain } from './tree.ts'

/** `parameters.yml`, in the two forms in which params are asked for. */
export interface Parameters {
  /** As written, dotted names written out: `{ train: { epochs: 50 } }`. */
  readonly nested: Readonly<Record<string, unknown>>
  /** By full name: `{ 'train.epochs': 50 }`. A list is one value; so is an empty map. */
  readonly flat: Readonly<Record<string, unknown>>
  /** Where each flat name was set, for messages. */
  readonly positions: Readonly<Record<string, Position>>
}

export function readParameters(tree: MapTree): Parameters {
  const flat: [string, unknown][] = []
  const positions: [string, Position][] = []
  const visit = (here: Tree, name: string): void => {
    if (here.kind === 'map' && here.entries.size > 0) {
      for (const [key, { value }] of here.entries) visit(value, `${name}.${key}`)
      return
    }
    flat.push([name, plain(here)])
    positions.push([name, here.position])
  }
  for (const [key, { value }] of tree.entries) visit(value, key)
  const nested = Object.fromEntries(
    [...tree.entries].map(([key, { value }]) => [key, plain(value)]),
  )
  return { nested, flat: Object.fromEntries(flat), positions: Object.fromEntries(positions) }
}

/**
 * The value of a param by its full name: `train.epochs`, or a whole map when the param is an object (`train.options`).
 * Undefined when it is not set.
 */
export function findParameter(parameters: Parameters, name: string): unknown {
  if (Object.hasOwn(parameters.flat, name)) return parameters.flat[name]
  let here: unknown = parameters.nested
  for (const key of name.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    // It has the key, as its own.
    here = (here as Readonly<Record<string, unknown>>)[key]
  }
  return here
}
