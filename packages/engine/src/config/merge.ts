import { assertKey, duplicateKey } from './parse-yaml.ts'
import { mapTree, type MapEntry, type MapTree } from './tree.ts'

/**
 * How an environment's file lies over the base's. `deep`: maps are merged key by key, anything else is replaced.
 * `entries`: each top-level key is replaced as a whole, so that one dataset never mixes two entries.
 */
export type Overlay = 'deep' | 'entries'

export function overlay(base: MapTree, over: MapTree, how: Overlay): MapTree {
  const entries = new Map(base.entries)
  for (const [key, entry] of over.entries) {
    const below = entries.get(key)?.value
    const merges = how === 'deep' && below?.kind === 'map' && entry.value.kind === 'map'
    entries.set(key, merges ? { ...entry, value: overlay(below, entry.value, how) } : entry)
  }
  return mapTree(over.position, entries)
}

/**
 * Files of one folder side by side (`catalog.yml`, `catalog_scoring.yml`): a name stands in one of them only; with `deep`, as
 * for params, maps of one name are put together, and the names in them stand once.
 *
 * @throws ConfigError `CONFIG_DUPLICATE_KEY`
 */
export function sideBySide(first: MapTree, second: MapTree, how: Overlay): MapTree {
  const entries = new Map(first.entries)
  for (const [key, entry] of second.entries) {
    const before = entries.get(key)
    // Templates and anchors are each file's own.
    if (before === undefined || key.startsWith('_')) {
      entries.set(key, entry)
      continue
    }
    const { value } = entry
    if (how === 'entries' || value.kind !== 'map' || before.value.kind !== 'map')
      throw duplicateKey(key, entry.keyPosition, before.keyPosition)
    entries.set(key, { ...before, value: sideBySide(before.value, value, how) })
  }
  return mapTree(second.position, entries)
}

/**
 * Writes dotted names out: `train.epochs: 50` becomes `train: { epochs: 50 }`.
 *
 * @throws ConfigError `CONFIG_DUPLICATE_KEY` when both forms set one name.
 */
export function nestDottedKeys(tree: MapTree): MapTree {
  let result = mapTree(tree.position, new Map())
  for (const [key, entry] of tree.entries) result = setPath(result, key.split('.'), entry)
  return result
}

function setPath(tree: MapTree, path: readonly string[], entry: MapEntry): MapTree {
  const [key = '', ...rest] = path
  assertKey(key, entry.keyPosition)
  const below = tree.entries.get(key)
  const value = rest.length === 0 ? nestedValue(entry) : setPath(emptyMap(entry), rest, entry)
  if (below === undefined) return withEntry(tree, key, { ...entry, value })
  if (below.value.kind !== 'map' || value.kind !== 'map') {
    throw duplicateKey(key, entry.keyPosition, below.keyPosition)
  }
  let both = below.value
  for (const [name, inner] of value.entries) both = setPath(both, [name], inner)
  return withEntry(tree, key, { ...below, value: both })
}

function nestedValue(entry: MapEntry): MapEntry['value'] {
  return entry.value.kind === 'map' ? nestDottedKeys(entry.value) : entry.value
}

function emptyMap(entry: MapEntry): MapTree {
  return mapTree(entry.value.position, new Map())
}

function withEntry(tree: MapTree, key: string, entry: MapEntry): MapTree {
  return mapTree(tree.position, new Map(tree.entries).set(key, entry))
}
