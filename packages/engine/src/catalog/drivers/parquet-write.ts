import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'

import type { ByteWriter, ColumnSource, ParquetWriter, SchemaElement } from 'hyparquet-writer'

import type { Dataset } from '../../definition/dataset.ts'
import type { RowBatches } from '../driver.ts'
import { ColumnBuilder, type TypedColumn } from './cell-columns.ts'
import type { CellType } from './cell-type.ts'
import { openHyparquetWriter } from './open-hyparquet.ts'

/** Names of compressions in `save_args`, and in Parquet. */
export const compressions = {
  snappy: 'SNAPPY',
  gzip: 'GZIP',
  brotli: 'BROTLI',
  zstd: 'ZSTD',
  none: 'UNCOMPRESSED',
} as const
export type Compression = keyof typeof compressions

const compressors = {
  GZIP: (input: Uint8Array): Uint8Array => gzipSync(input),
  BROTLI: (input: Uint8Array): Uint8Array => brotliCompressSync(input),
  ZSTD: (input: Uint8Array): Uint8Array => zstdCompressSync(input),
}

/** Rows of a row group: what a reader, and the writer of a stream, has in memory at a time. */
const groupRows = 50_000

/** A table as Parquet, group by group. */
export async function* writeGroups(
  batches: RowBatches,
  dataset: Dataset,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  let file: ParquetFile | undefined
  for await (const rows of inGroups(batches)) {
    file ??= await openFile(dataset, compression, rows)
    file.write(rows)
    yield file.taken()
  }
  file ??= await openFile(dataset, compression, [])
  file.finish()
  yield file.taken()
}

async function* inGroups(batches: RowBatches): RowBatches {
  let group: unknown[] = []
  for await (const batch of batches) {
    for (let start = 0; start < batch.length;) {
      const end = Math.min(batch.length, start + groupRows - group.length)
      for (let index = start; index < end; index += 1) group.push(batch[index])
      start = end
      if (group.length < groupRows) continue
      yield group
      group = []
    }
  }
  if (group.length > 0) yield group
}

async function openFile(
  dataset: Dataset,
  compression: Compression,
  first: readonly unknown[],
): Promise<ParquetFile> {
  const { ByteWriter, ParquetWriter } = await openHyparquetWriter()
  const builder = new ColumnBuilder(dataset, 'Parquet', first)
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'root', num_children: builder.columns.length },
      ...builder.columns.map(schemaElement),
    ],
    codec: compressions[compression],
    compressors,
    createdBy: 'pipewright',
  })
  return new ParquetFile(builder, writer, bytes)
}

class ParquetFile {
  readonly #builder: ColumnBuilder
  readonly #writer: ParquetWriter
  readonly #bytes: ByteWriter

  constructor(builder: ColumnBuilder, writer: ParquetWriter, bytes: ByteWriter) {
    this.#builder = builder
    this.#writer = writer
    this.#bytes = bytes
  }

  write(rows: readonly unknown[]): void {
    const values = this.#builder.values(rows)
    const columnData = this.#builder.columns.map(({ name, type }, index): ColumnSource => {
      const data = values[index] ?? []
      return { name, data: type === 'long' ? data.map(toBigint) : data }
    })
    // A writer in memory is done when it returns.
    void this.#writer.write({ columnData, rowGroupSize: groupRows })
  }

  finish(): void {
    void this.#writer.finish()
  }

  /** What was written since it was last asked for. */
  taken(): Uint8Array {
    const taken = this.#bytes.getBytes().slice()
    this.#bytes.index = 0
    return taken
  }
}

function toBigint(value: unknown): unknown {
  return typeof value === 'number' ? BigInt(value) : value
}

const elements: Readonly<Record<CellType, Omit<SchemaElement, 'name'>>> = {
  double: { type: 'DOUBLE' },
  long: { type: 'INT64' },
  bigint: { type: 'INT64' },
  boolean: { type: 'BOOLEAN' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  bytes: { type: 'BYTE_ARRAY' },
  json: { type: 'BYTE_ARRAY', converted_type: 'JSON' },
}

function schemaElement({ name, type, optional }: TypedColumn): SchemaElement {
  return { name, ...elements[type], repetition_type: optional ? 'OPTIONAL' : 'REQUIRED' }
}
