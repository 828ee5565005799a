import * as z from 'zod'

import { bufferSource } from '../stream-source.ts'
import type { CellType } from './cell-type.ts'
import { openHyparquet } from './open-hyparquet.ts'
import { asyncBuffer, readGroups } from './parquet-read.ts'
import type { Row } from './row-names.ts'

/** A Parquet file that this package wrote, as it is without a schema. */
export interface ParquetTable {
  readonly columns: readonly { readonly name: string; readonly type: CellType }[]
  readonly rows: readonly Row[]
}

const anything = { name: 'table', layout: 'table', schema: z.array(z.unknown()) } as const

/** Columns and rows of a file. Whole numbers are bigints. */
export async function readParquetTable(bytes: Uint8Array): Promise<ParquetTable> {
  const { parquetMetadataAsync } = await openHyparquet()
  const source = bufferSource(bytes)
  const { schema } = await parquetMetadataAsync(asyncBuffer(source), { geoparquet: false })
  const columns = schema
    .slice(1)
    .map(({ name, type, converted_type }) => ({ name, type: typeOf(type, converted_type) }))
  const rows: Row[] = []
  for await (const group of readGroups(source, anything, 'the store', undefined))
    for (const row of group as readonly Row[]) rows.push(row)
  return { columns, rows }
}

function typeOf(type: string | undefined, converted: string | undefined): CellType {
  if (type === 'BOOLEAN') return 'boolean'
  if (type === 'INT64') return converted === 'TIMESTAMP_MILLIS' ? 'timestamp' : 'long'
  if (type !== 'BYTE_ARRAY') return 'double'
  return converted === 'JSON' ? 'json' : converted === 'UTF8' ? 'text' : 'bytes'
}
