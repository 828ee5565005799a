import { hash } from 'node:crypto'
import { stat } from 'node:fs/promises'

import * as z from 'zod'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { Partitions } from './entry.ts'
import { isAbsent } from './local-file.ts'
import { compareIds, PartitionManifest } from './partition-manifest.ts'
import type { Storage } from './storage.ts'
import { digestOf, fileSource } from './stream-source.ts'

/** Most characters of an id: with the path of its folder it must be a path. */
const longestId = 500

/** The folder of a partitioned dataset of the catalog. */
export interface PartitionFolder {
  readonly dataset: string
  readonly storage: Storage
  readonly partitions: Partitions
  /** Opens another place with what lets us into this one. */
  readonly open: (address: string) => Storage
}

/** The dataset of one partition: `stations/berlin`. @throws DatasetError `DATASET_NOT_PARTITIONED` */
function elementOf(dataset: Dataset, id: string): Dataset {
  const name = `${dataset.name}/${id}`
  if (dataset.element !== undefined) return { ...dataset.element, name }
  const { schema } = dataset
  if (schema instanceof z.ZodRecord && schema.valueType instanceof z.ZodType)
    return { name, schema: schema.valueType, layout: 'value' }
  throw new DatasetError(
    'DATASET_NOT_PARTITIONED',
    `Dataset '${dataset.name}' is a folder of partitions in the catalog and one value in the code.`,
    {
      dataset: dataset.name,
      hint: 'Define it with partitioned(table(…)), or with a schema z.record(z.string(), …) to have all partitions at once.',
    },
  )
}

/** True where values are loaded when they are asked for; else all are loaded at once. */
function isLazy({ layout }: Dataset): boolean {
  return layout === 'partitions'
}

/** The value that a node receives: a function for each partition, or all values. */
export async function partitionValues(
  dataset: Dataset,
  ids: readonly string[],
  load: (element: Dataset, id: string) => Promise<unknown>,
): Promise<Readonly<Record<string, unknown>>> {
  const values: [string, unknown][] = []
  for (const id of ids) {
    const element = elementOf(dataset, id)
    const one = async (): Promise<unknown> => await load(element, id)
    // oxlint-disable-next-line no-await-in-loop -- one file after the other: each may be large
    values.push([id, isLazy(dataset) ? one : await one()])
  }
  return Object.fromEntries(values)
}

/**
 * Saves the partitions that a node made, one after the other, so that only one is in memory where they are functions.
 *
 * @throws DatasetError `DATASET_INVALID`, `DATASET_PARTITION_INVALID`, `DATASET_NOT_PARTITIONED`, and as saving one does
 */
export async function savePartitions(
  dataset: Dataset,
  value: unknown,
  save: (element: Dataset, value: unknown) => Promise<DatasetReference>,
): Promise<PartitionManifest> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DatasetError(
      'DATASET_INVALID',
      `Dataset '${dataset.name}' cannot be saved: expected an object of partitions.`,
      { dataset: dataset.name, hint: "Return { '2015-06': () => rows, … } with an id for each." },
    )
  }
  const partitions: [string, DatasetReference][] = []
  for (const [id, given] of Object.entries(value).toSorted(([a], [b]) => compareIds(a, b))) {
    assertId(dataset.name, id)
    // A value that is given as a function is made when its turn comes.
    // oxlint-disable-next-line no-await-in-loop
    const made: unknown = typeof given === 'function' ? await given() : given
    // oxlint-disable-next-line no-await-in-loop
    partitions.push([id, await save(elementOf(dataset, id), made)])
  }
  return { version: 1, partitions }
}

/** An id is a path within the folder. */
function assertId(dataset: string, id: string): void {
  const isPath =
    id.length <= longestId &&
    !/[\0\\]/.test(id) &&
    id.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if (isPath) return
  throw new DatasetError(
    'DATASET_PARTITION_INVALID',
    `Dataset '${dataset}' cannot be saved: ${JSON.stringify(id.slice(0, 200))} is no id of a partition.`,
    {
      dataset,
      hint: 'An id is a path within the folder, without its suffix: 2015-06, or berlin/2015-06.',
    },
  )
}

/** Ids of the partitions in a folder, in order. @throws InfrastructureError `STORAGE_FAILED` */
export async function listPartitions({
  storage,
  partitions: { suffix },
}: PartitionFolder): Promise<readonly string[]> {
  const paths = await storage.list('')
  return paths
    .filter((path) => path.endsWith(suffix) && path.length > suffix.length)
    .map((path) => path.slice(0, path.length - suffix.length))
    .toSorted(compareIds)
}

/** Bytes of a folder on this machine that are read to tell its content; of a larger one the times of changes must do. */
const mostRead = 64 * 1024 * 1024

/**
 * What tells one content of a folder from another. On this machine the contents of its files, in a very large folder their sizes and
 * the times of their changes; elsewhere, where reading costs more, their sizes.
 */
export async function folderDigest(
  { storage, partitions: { suffix } }: PartitionFolder,
  ids: readonly string[],
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const sizes: [path: string, size: number][] = []
  // oxlint-disable-next-line no-await-in-loop -- a folder may hold very many files
  for (const id of ids) sizes.push([id, (await storage.size?.(`${id}${suffix}`)) ?? 0])
  const bytes = sizes.reduce((sum, [, size]) => sum + size, 0)
  const lines: string[] = []
  for (const [id, size] of sizes) {
    const path = storage.localPath?.(`${id}${suffix}`)
    // oxlint-disable-next-line no-await-in-loop
    const mark = path === undefined ? '' : await markOf(path, bytes <= mostRead)
    lines.push(`${id}\t${size}${mark}\n`)
  }
  return { bytes, sha256: hash('sha256', lines.join('')) }
}

/** What tells one content of a file from another of the same size; empty for one that has just gone. */
async function markOf(path: string, isRead: boolean): Promise<string> {
  try {
    return `\t${isRead ? await digestOf(await fileSource(path)) : (await stat(path)).mtimeMs}`
  } catch (error) {
    if (isAbsent(error)) return ''
    throw error
  }
}

/**
 * Writes committed partitions to their folder. To do it again changes nothing.
 *
 * @param read The bytes of a committed partition.
 * @throws InfrastructureError `STORAGE_FAILED`; as `read`
 */
export async function publishPartitions(
  { storage, partitions: { suffix, overwrite } }: PartitionFolder,
  { partitions }: PartitionManifest,
  read: (reference: DatasetReference) => Promise<Uint8Array>,
): Promise<void> {
  const made = new Set(partitions.map(([id]) => `${id}${suffix}`))
  for (const [id, reference] of partitions) {
    // oxlint-disable-next-line no-await-in-loop -- one file after the other: each may be large
    await storage.write(`${id}${suffix}`, await read(reference))
  }
  if (!overwrite) return
  // Last: a reader meanwhile finds partitions too many, and none too few.
  const others = (await storage.list('')).filter((path) => path.endsWith(suffix) && !made.has(path))
  // oxlint-disable-next-line no-await-in-loop
  for (const path of others) await storage.remove(path)
}
