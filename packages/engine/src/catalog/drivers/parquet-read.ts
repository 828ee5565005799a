import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'

import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet'

import type { Dataset } from '../../definition/dataset.ts'
import type { DatasetError } from '../../errors.ts'
import type { RowBatches } from '../driver.ts'
import type { ByteSource } from '../head.ts'
import { notDecodable } from '../not-decodable.ts'
import { columnsOf } from './cell-column.ts'
import { openHyparquet } from './open-hyparquet.ts'
import { cellConversion, type CellConversion } from './typed-cell.ts'

/** Output ends where the page says that it does, whatever the compressed bytes would become. */
const compressors: Compressors = {
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
}

/** A byte order mark is part of a cell's text, not the mark of a file. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes),
}

/** Rows that are handed out together. */
const batchRows = 1000

/**
 * The rows of a Parquet file, one row group after another.
 *
 * @param wanted Names of the columns that are read. Default: all.
 * @throws DatasetError `DATASET_NOT_DECODABLE`
 */
export async function* readGroups(
  source: ByteSource,
  dataset: Dataset,
  where: string,
  wanted: readonly string[] | undefined,
): RowBatches {
  const failed = (reason: string, cause?: unknown): DatasetError =>
    notDecodable(dataset, where, reason, cause)
  const conversions = conversionsOf(dataset)
  if (conversions === undefined)
    throw failed('its schema is not of an array of objects, as the rows of a Parquet file are.')
  const { parquetMetadataAsync } = await openHyparquet()
  const file = asyncBuffer(source)
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw failed(error instanceof Error ? error.message : String(error), error)
    }
  }
  const metadata = await attempt(
    async () => await parquetMetadataAsync(file, { geoparquet: false }),
  )
  const names = columnNames(metadata, wanted)
  if (typeof names === 'string') throw failed(names)
  let start = 0
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows)
    const range = { file, metadata, names, start, end }
    const columns = await attempt(async () => await readColumns(range))
    // A file may say that it has more rows than there is memory.
    if ([...columns.values()].some((chunks) => lengthOf(chunks) !== end - start))
      throw failed('its columns are not as long as it says.')
    yield rowsOf(columns, names, conversions, end - start)
    start = end
  }
}

/** Cuts row groups, which others write as large as they like. */
export async function* inBatches(groups: RowBatches): RowBatches {
  for await (const rows of groups)
    for (let start = 0; start < rows.length; start += batchRows)
      yield rows.slice(start, start + batchRows)
}

/** The names of a file's columns, or what is wrong with them. */
function columnNames(
  { schema }: FileMetaData,
  wanted: readonly string[] | undefined,
): readonly string[] | string {
  const names = topLevel(schema)
  if (names.includes('__proto__')) return 'no column may be named "__proto__".'
  if (new Set(names).size < names.length) return 'two of its columns have one name.'
  const missing = wanted?.find((name) => !names.includes(name))
  if (missing !== undefined) return `there is no column ${JSON.stringify(missing.slice(0, 100))}.`
  return wanted ?? names
}

/** The schema is a tree, written in depth-first order. */
function topLevel(schema: FileMetaData['schema']): readonly string[] {
  const names: string[] = []
  let at = 1
  const skip = (): void => {
    const children = schema[at]?.num_children ?? 0
    at += 1
    for (let child = 0; child < children; child += 1) skip()
  }
  while (at < schema.length) {
    names.push(schema[at]?.name ?? '')
    skip()
  }
  return names
}

interface GroupRange {
  readonly file: AsyncBuffer
  readonly metadata: FileMetaData
  readonly names: readonly string[]
  readonly start: number
  readonly end: number
}

type ColumnChunks = ReadonlyMap<string, readonly ArrayLike<unknown>[]>

async function readColumns({
  file,
  metadata,
  names,
  start,
  end,
}: GroupRange): Promise<ColumnChunks> {
  const { parquetRead } = await openHyparquet()
  const chunks = new Map<string, ArrayLike<unknown>[]>(names.map((name) => [name, []]))
  await parquetRead({
    file,
    metadata,
    columns: [...names],
    rowStart: start,
    rowEnd: end,
    compressors,
    // Bytes that no one called text stay bytes, unless the schema wants text.
    utf8: false,
    geoparquet: false,
    parsers,
    onChunk: ({ columnName, columnData }) => chunks.get(columnName)?.push(columnData),
  })
  return chunks
}

function lengthOf(chunks: readonly ArrayLike<unknown>[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0)
}

function rowsOf(
  columns: ColumnChunks,
  names: readonly string[],
  conversions: (name: string) => CellConversion,
  length: number,
): readonly unknown[] {
  const rows: Record<string, unknown>[] = Array.from({ length }, () => ({}))
  for (const name of names) {
    const convert = conversions(name)
    let row = 0
    for (const chunk of columns.get(name) ?? []) {
      for (let index = 0; index < chunk.length && row < length; index += 1) {
        const value = convert(chunk[index])
        const target = rows[row]
        row += 1
        if (value !== undefined && target !== undefined) target[name] = value
      }
    }
  }
  return rows
}

function conversionsOf(dataset: Dataset): ((name: string) => CellConversion) | undefined {
  const columns = columnsOf(dataset.schema)
  return columns && ((name) => cellConversion(columns.named.get(name) ?? columns.others))
}

/** How the library reads a source. */
export function asyncBuffer(source: ByteSource): AsyncBuffer {
  return {
    byteLength: source.bytes,
    async slice(start, end = source.bytes) {
      const part = await source.read(start, end)
      return exactBuffer(part)
    },
  }
}

/** The buffer of these bytes and no others. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) return buffer
  // A copy of a view is never shared memory.
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
}
