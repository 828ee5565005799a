import type { Catalog, CatalogEntry } from '../catalog/entry.ts'
import { isPattern } from '../catalog/factory-pattern.ts'
import { datasetOf } from '../definition/variant.ts'
import { ConfigError } from '../errors.ts'
import { CatalogFactories } from './catalog-factories.ts'
import { checkEntries, type CheckedEntries } from './check-entries.ts'
import { positionAt } from './check-tree.ts'
import { at } from './limits.ts'
import { mapTree, type MapTree } from './tree.ts'

/** What `catalog.yml` says. */
export interface ReadCatalog {
  /** The datasets that it names. */
  readonly catalog: Catalog
  /** Entries for datasets whose names fit a pattern. */
  readonly factories: CatalogFactories
}

/**
 * Checks the catalog and takes datasets and factories apart.
 *
 * @throws ConfigError `CONFIG_UNKNOWN_KEY`, `CONFIG_INVALID`, `DATASET_TYPE_UNKNOWN`, `DATASET_SETTING_INVALID`
 */
export function readCatalog(tree: MapTree, root: string): ReadCatalog {
  const named = new Map([...tree.entries].filter(([name]) => !isPattern(name)))
  const patterns = new Map([...tree.entries].filter(([name]) => isPattern(name)))
  const checked = checkEntries(mapTree(tree.position, named), root)
  assertVariants(tree, checked)
  const listed = [...checked].filter((item): item is [string, CatalogEntry] => item[1] !== null)
  return {
    catalog: Object.fromEntries(listed),
    factories: new CatalogFactories(mapTree(tree.position, patterns), root, [...checked.keys()]),
  }
}

/**
 * The catalog with the entries that its factories give to these datasets.
 *
 * @throws ConfigError as `readCatalog`, for an entry that is wrong with the name filled in
 */
export function catalogFor(
  { catalog, factories }: ReadCatalog,
  datasets: Iterable<string>,
): Catalog {
  if (factories.patterns.length === 0) return catalog
  const made: [string, CatalogEntry][] = []
  for (const name of new Set(datasets)) {
    if (Object.hasOwn(catalog, name)) continue
    const entry = factories.find(name)?.entry
    if (entry != null) made.push([name, entry])
  }
  return made.length === 0 ? catalog : { ...catalog, ...Object.fromEntries(made) }
}

/** Variants of one dataset are ways to read one file: at another path a reader would find what nobody wrote. */
function assertVariants(tree: MapTree, entries: CheckedEntries): void {
  const first = new Map<string, readonly [name: string, filepath: string | null]>()
  for (const [name, entry] of entries) {
    if (entry === null) continue
    const dataset = datasetOf(name)
    const known = first.get(dataset)
    if (known === undefined) first.set(dataset, [name, entry.filepath])
    else if (known[1] !== entry.filepath) throw apart(tree, name, known[0])
  }
}

function apart(tree: MapTree, name: string, other: string): ConfigError {
  const position = positionAt(tree, [name, 'filepath'])
  return new ConfigError(
    'CONFIG_INVALID',
    `${at(position)}: '${name}' and '${other}' are one dataset and lie at two places.`,
    {
      position,
      hint: 'Give variants of one dataset the same filepath, or the datasets different names before the "@".',
    },
  )
}
