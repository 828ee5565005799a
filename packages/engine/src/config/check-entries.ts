import * as z from 'zod'

import { findDriver } from '../catalog/drivers/index.ts'
import type { CatalogEntry } from '../catalog/entry.ts'
import { openStorage, openStoredFile } from '../catalog/open-storage.ts'
import { assertName } from '../definition/name.ts'
import { ConfigError, PipelineError } from '../errors.ts'
import { entrySchema, FileEntry, plainType, type ReadEntry } from './catalog-schema.ts'
import { checkTree, positionAt } from './check-tree.ts'
import { at } from './limits.ts'
import { descend, mapTree, type MapEntry, type MapTree, type Position } from './tree.ts'

/** Entries by name; null for a dataset that is kept with each run and nowhere else. */
export type CheckedEntries = ReadonlyMap<string, ReadEntry>

/**
 * Checks entries of the catalog, and replaces Kedro's name of a type by the driver's.
 *
 * @throws ConfigError `CONFIG_UNKNOWN_KEY`, `CONFIG_INVALID`, `DATASET_TYPE_UNKNOWN`, `DATASET_SETTING_INVALID`
 */
export function checkEntries(written: MapTree, root: string): CheckedEntries {
  const tree = mapTree(
    written.position,
    new Map([...written.entries].map(([name, entry]) => [name, withoutCache(entry)])),
  )
  const groups = Map.groupBy(tree.entries, ([name]) => schemaOf(tree, name))
  const entries = new Map<string, ReadEntry>()
  for (const [schema, group] of groups) {
    const part = checkTree(mapTree(tree.position, new Map(group)), z.record(z.string(), schema))
    for (const [name, entry] of Object.entries(part)) entries.set(name, entry)
  }
  return new Map(
    [...tree.entries.keys()].map((name) => [
      name,
      checkEntry(tree, root, name, entries.get(name) ?? null),
    ]),
  )
}

/** Kedro's cache around a dataset: within a run values go by reference here, so there is nothing to cache. */
function withoutCache(entry: MapEntry): MapEntry {
  const type = descend(entry.value, ['type'])
  const cached = entry.value.kind === 'map' ? entry.value.entries.get('dataset')?.value : undefined
  if (type?.kind !== 'scalar' || cached?.kind !== 'map') return entry
  if (!/^(?:kedro\.)?(?:io\.)?CachedDataset$/.test(String(type.value))) return entry
  return { ...entry, value: cached }
}

function schemaOf(tree: MapTree, name: string): z.ZodType<ReadEntry> {
  const type = descend(tree, [name, 'type'])
  const text = type?.kind === 'scalar' ? type.value : undefined
  const schema = entrySchema(text)
  // Else its settings would be told wrong, not its misspelt type.
  if (schema === undefined || (schema === FileEntry && typeof text === 'string'))
    findDriver(String(text), positionAt(tree, [name, 'type']))
  return schema ?? FileEntry
}

/** Checks what the schema cannot. */
function checkEntry(tree: MapTree, root: string, name: string, entry: ReadEntry): ReadEntry {
  const keyPosition = tree.entries.get(name)?.keyPosition ?? tree.position
  assertDatasetName(name, keyPosition)
  if (entry === null) return null
  const inner = positionsOf(entry, name)
  const driver = findDriver(entry.type, positionAt(tree, inner.type))
  assertSettings(tree, inner.settings, entry)
  assertPlace(tree, inner.filepath, root, { dataset: name, entry })
  return { ...entry, type: driver.name }
}

/** Where the parts of an entry stand that have another one inside. */
function positionsOf(
  { mlflow, partitions }: CatalogEntry,
  name: string,
): Readonly<Record<'type' | 'filepath' | 'settings', readonly string[]>> {
  const dataset = [name, 'dataset']
  if (partitions !== undefined)
    return { type: [...dataset, 'type'], filepath: [name, 'path'], settings: dataset }
  const here = mlflow?.kind === 'artifact' ? dataset : [name]
  return { type: [...here, 'type'], filepath: [...here, 'filepath'], settings: here }
}

function assertDatasetName(name: string, position: Position): void {
  try {
    assertName('dataset', name)
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    throw new ConfigError('CONFIG_INVALID', `${at(position)}: ${error.message}`, {
      position,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
}

/** There is a storage for the address, and a driver that is no file knows what the entry says of where it is. */
function assertPlace(
  tree: MapTree,
  path: readonly string[],
  root: string,
  { dataset, entry }: { readonly dataset: string; readonly entry: CatalogEntry },
): void {
  const { filepath, partitions, type } = entry
  const driver = findDriver(type)
  const position = positionAt(tree, path)
  try {
    // Credentials are not looked up before the place is used.
    if (driver.place !== undefined) driver.place({ dataset, entry, root, credentials: neverHere })
    else if (filepath !== null && partitions !== undefined) openStorage(filepath, root)
    else if (filepath !== null) openStoredFile(filepath, root)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (error.code === 'DATASET_SETTING_INVALID') throw withPosition(error, position)
    throw new ConfigError(
      'CONFIG_INVALID',
      `${at(position)}: Dataset '${dataset}' lies where Pipewright has no storage: ${error.message}`,
      { position, ...(error.hint !== undefined && { hint: error.hint }) },
    )
  }
}

function neverHere(): never {
  throw new TypeError('Credentials were looked up while the catalog was read.')
}

/** The driver knows its settings: a wrong one is told with its place. */
function assertSettings(tree: MapTree, path: readonly string[], entry: CatalogEntry): void {
  const { loadArgs, saveArgs, type } = entry
  if (loadArgs === undefined && saveArgs === undefined) return
  const driver = findDriver(type)
  // One that is no file was asked about all of its entry.
  if (driver.place !== undefined) return
  const position = positionAt(tree, [...path, loadArgs === undefined ? 'save_args' : 'load_args'])
  if (driver.configure === undefined) {
    if (Object.keys({ ...loadArgs, ...saveArgs }).length === 0) return
    throw new ConfigError(
      'DATASET_SETTING_INVALID',
      `${at(position)}: A dataset of the type ${plainType(type)} has no load_args and no save_args.`,
      { position, hint: 'Leave them out.' },
    )
  }
  for (const [key, load, save] of [
    ['load_args', loadArgs, undefined],
    ['save_args', undefined, saveArgs],
  ] as const) {
    try {
      driver.configure({ load, save, filepath: entry.filepath })
    } catch (error) {
      if (!(error instanceof ConfigError) || error.position !== undefined) throw error
      throw withPosition(error, positionAt(tree, [...path, key]))
    }
  }
}

function withPosition(error: ConfigError, position: Position): ConfigError {
  return new ConfigError('DATASET_SETTING_INVALID', `${at(position)}: ${error.message}`, {
    position,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  })
}
