import { duplicateKey } from './parse-yaml.ts'
import { mapTree, type MapTree } from './tree.ts'

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
