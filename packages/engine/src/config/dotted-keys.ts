import { limits, tooLarge } from './limits.ts'
import { assertKey, duplicateKey } from './parse-yaml.ts'
import { mapTree, type MapEntry, type MapTree, type Position, type Tree } from './tree.ts'

/** A map that names are still put into. */
interface OpenMap {
  readonly kind: 'open'
  readonly position: Position
  readonly entries: Map<string, { readonly keyPosition: Position; readonly value: Tree | OpenMap }>
}

/**
 * Writes dotted names out: `train.epochs: 50` becomes `train: { epochs: 50 }`.
 *
 * @throws ConfigError `CONFIG_DUPLICATE_KEY` when both forms set one name, `CONFIG_KEY_REFUSED`, `CONFIG_TOO_LARGE`
 */
export function nestDottedKeys(tree: MapTree): MapTree {
  const all = openMap(tree.position)
  const room = { values: limits.values }
  putAll(all, tree, room, 1)
  return closed(all)
}

function openMap(position: Position): OpenMap {
  return { kind: 'open', position, entries: new Map() }
}

/** How many values may still be made: a long name makes one for each of its dots. */
interface Room {
  values: number
}

function putAll(into: OpenMap, { entries }: MapTree, room: Room, depth: number): void {
  for (const [name, entry] of entries) put(into, name, entry, room, depth)
}

function put(into: OpenMap, name: string, entry: MapEntry, room: Room, depth: number): void {
  const { keyPosition, value } = entry
  const parts = name.split('.', limits.depth + 1)
  const last = parts.pop() ?? ''
  if (depth + parts.length > limits.depth)
    throw tooLarge(keyPosition, `more than ${limits.depth} levels of nesting`)
  let map = into
  for (const part of parts) map = inner(map, part, keyPosition, value.position, room)
  if (value.kind === 'map') {
    const own = inner(map, last, keyPosition, value.position, room)
    return putAll(own, value, room, depth + parts.length + 1)
  }
  const before = entryOf(map, last, keyPosition)
  if (before !== undefined) throw duplicateKey(last, keyPosition, before.keyPosition)
  map.entries.set(last, { keyPosition, value })
}

/** The map of a name, which is made where it is the first to be put into it. */
function inner(
  map: OpenMap,
  name: string,
  keyPosition: Position,
  position: Position,
  room: Room,
): OpenMap {
  const before = entryOf(map, name, keyPosition)
  if (before?.value.kind === 'open') return before.value
  if (before !== undefined) throw duplicateKey(name, keyPosition, before.keyPosition)
  room.values -= 1
  if (room.values < 0) throw tooLarge(keyPosition, `more than ${limits.values} values`)
  const value = openMap(position)
  map.entries.set(name, { keyPosition, value })
  return value
}

function entryOf(map: OpenMap, name: string, keyPosition: Position) {
  assertKey(name, keyPosition)
  return map.entries.get(name)
}

function closed({ position, entries }: OpenMap): MapTree {
  const all = [...entries].map(([name, { keyPosition, value }]): [string, MapEntry] => [
    name,
    { keyPosition, value: value.kind === 'open' ? closed(value) : value },
  ])
  return mapTree(position, new Map(all))
}
