import { createHash } from 'node:crypto'

import * as z from 'zod'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import type { CatalogRead } from '../run/catalog-read.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { Driver, RowBatches, RowStreams, StreamSource } from './driver.ts'
import type { Validation } from './entry.ts'
import { batchesOf, rowsOf } from './row-batches.ts'
import { RowSample } from './row-sample.ts'
import type { Storage } from './storage.ts'
import { digestOf, writePieces } from './stream-source.ts'
import { summarise, summariseRows } from './summarise.ts'
import { checkedRows } from './validate.ts'

/** The table that a stream's rows make up. */
const tables = new WeakMap<Dataset, Dataset>()

function tableOf(dataset: Dataset): Dataset {
  const known = tables.get(dataset)
  if (known !== undefined) return known
  const table: Dataset = {
    name: dataset.name,
    layout: 'table',
    schema: z.array(dataset.row ?? z.unknown()),
  }
  tables.set(dataset, table)
  return table
}

/** What of a reference is known once a stream is saved. */
export type SavedStream = Pick<DatasetReference, 'bytes' | 'sha256' | 'rows' | 'schema' | 'profile'>

/**
 * Writes the rows of a stream as they come: one batch of them, and what the format gathers of it, is in memory.
 *
 * @throws DatasetError `DATASET_NOT_STREAMABLE`, `DATASET_INVALID`, `DATASET_NOT_ENCODABLE`; whatever the rows throw.
 */
export async function saveStream(
  dataset: Dataset,
  value: unknown,
  {
    driver,
    storage,
    path,
    validation,
  }: {
    readonly driver: Driver
    readonly storage: Storage
    readonly path: string
    readonly validation: Validation
  },
): Promise<SavedStream> {
  const streams = streamsOf(driver, dataset)
  const table = tableOf(dataset)
  const sample = new RowSample()
  const digest = createHash('sha256')
  let bytes = 0
  const stored = checkedRows(table, batchesOf(asRows(dataset, value)), undefined, validation)
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of streams.encode(sampled(stored, sample), table)) {
      digest.update(piece)
      bytes += piece.byteLength
      yield piece
    }
  }
  await writePieces(storage, path, pieces())
  return {
    bytes,
    sha256: digest.digest('hex'),
    rows: sample.rows,
    ...summariseRows(table, sample),
  }
}

/**
 * The rows of a stream, opened anew each time that they are walked.
 *
 * @throws DatasetError `DATASET_NOT_STREAMABLE`; while they are walked `DATASET_NOT_DECODABLE`, `DATASET_INVALID`
 */
export function openStream(
  dataset: Dataset,
  source: StreamSource,
  {
    driver,
    where,
    validation,
  }: { readonly driver: Driver; readonly where: string; readonly validation: Validation },
): AsyncIterable<unknown> {
  const streams = streamsOf(driver, dataset)
  const table = tableOf(dataset)
  return rowsOf(() => checkedRows(table, streams.decode(source, table, where), where, validation))
}

/** Rows that a test gives, checked as loaded ones. */
export function givenStream(
  dataset: Dataset,
  rows: AsyncIterable<unknown>,
): AsyncIterable<unknown> {
  const table = tableOf(dataset)
  const stored = (): RowBatches => checkedRows(table, batchesOf(rows), undefined)
  return rowsOf(() => checkedRows(table, stored(), 'the inputs of the test'))
}

/** The rows of a stream in the catalog, and the record of what is read. */
export async function readStream(
  dataset: Dataset,
  source: StreamSource,
  place: { readonly driver: Driver; readonly where: string; readonly validation: Validation },
): Promise<{ readonly value: unknown; readonly read: CatalogRead }> {
  const read = {
    dataset: dataset.name,
    path: place.where,
    format: place.driver.name,
    bytes: source.bytes,
    sha256: await digestOf(source),
    ...summarise(tableOf(dataset), undefined),
  }
  return { value: openStream(dataset, source, place), read }
}

async function* sampled(batches: RowBatches, sample: RowSample): RowBatches {
  for await (const batch of batches) {
    sample.add(batch)
    yield batch
  }
}

function asRows({ name, schema }: Dataset, value: unknown): AsyncIterable<unknown> {
  const result = schema.safeParse(value)
  // The schema of a stream accepts async iterables and nothing else.
  if (result.success) return value as AsyncIterable<unknown>
  throw new DatasetError(
    'DATASET_INVALID',
    `Dataset '${name}' cannot be saved: it is a stream, and the value is no async iterable.`,
    { dataset: name, hint: 'Return an async generator, or define the dataset with table(…).' },
  )
}

function streamsOf(driver: Driver, { name }: Dataset): RowStreams {
  if (driver.rows !== undefined) return driver.rows
  throw new DatasetError(
    'DATASET_NOT_STREAMABLE',
    `Dataset '${name}' is a stream, which the type ${driver.name} cannot be.`,
    {
      dataset: name,
      hint: 'Give it the type csv, ndjson or parquet in the catalog, or define it with table(…).',
    },
  )
}
