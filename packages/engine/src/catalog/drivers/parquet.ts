import * as z from 'zod'

import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, DriverSettings } from '../driver.ts'
import { bufferSource } from '../stream-source.ts'
import { parquetHead } from './parquet-head.ts'
import { inBatches, readGroups } from './parquet-read.ts'
import { compressions, writeGroups, type Compression } from './parquet-write.ts'
import { assertRows } from './row-names.ts'

const LoadArgs = z.strictObject({
  columns: z.array(z.string()).optional(),
  engine: unheeded,
  dtype_backend: unheeded,
  use_nullable_dtypes: unheeded,
})

const SaveArgs = z.strictObject({
  compression: z.enum(Object.keys(compressions) as Compression[]).nullish(),
  index: z.literal(false, 'Rows have no index').optional(),
  engine: unheeded,
})

function parquetDriver(columns: readonly string[] | undefined, compression: Compression): Driver {
  return {
    name: 'parquet',
    extension: '.parquet',
    mediaType: 'application/vnd.apache.parquet',
    text: false,
    async encode(value, dataset) {
      assertRows(value, dataset, 'Parquet')
      const pieces: Uint8Array[] = []
      for await (const piece of writeGroups(once(value), dataset, compression)) pieces.push(piece)
      return Buffer.concat(pieces)
    },
    async decode(bytes, dataset, where) {
      const rows: unknown[] = []
      for await (const group of readGroups(bufferSource(bytes), dataset, where, columns))
        for (const row of group) rows.push(row)
      return rows
    },
    head: parquetHead,
    rows: {
      encode: (batches, dataset) => writeGroups(batches, dataset, compression),
      decode: (source, dataset, where) => inBatches(readGroups(source, dataset, where, columns)),
    },
    configure,
  }
}

function configure({ load, save }: DriverSettings): Driver {
  const { columns } = driverSettings(LoadArgs, load, 'load_args of a parquet dataset')
  const { compression } = driverSettings(SaveArgs, save, 'save_args of a parquet dataset')
  return parquetDriver(columns, compression === null ? 'none' : (compression ?? 'snappy'))
}

async function* once(rows: readonly unknown[]): AsyncGenerator<readonly unknown[]> {
  yield await Promise.resolve(rows)
}

/**
 * A table as Apache Parquet, by hyparquet: columns of the types that the schema has. It keeps what CSV loses: kinds of values,
 * nulls, and reading of single row groups.
 */
export const parquet: Driver = parquetDriver(undefined, 'snappy')
