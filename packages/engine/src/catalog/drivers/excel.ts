import * as z from 'zod'

import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, DriverSettings } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
import { optionalPackage } from '../optional-package.ts'
import { sheetRows } from './sheet-rows.ts'
import { unpackedSize } from './zip-size.ts'

/** A spreadsheet of this size unpacked is none: an archive of a megabyte may hold a thousand times as much. */
const mostBytes = 512 * 1024 * 1024

const LoadArgs = z.strictObject({
  /** Its name, or its place from 0 on. Default: the first. */
  sheet_name: z.union([z.string().min(1), z.int().nonnegative()]).nullish(),
  engine: unheeded,
  dtype: unheeded,
  parse_dates: unheeded,
})
const SaveArgs = z.strictObject({
  index: unheeded,
  engine: unheeded,
  sheet_name: unheeded,
})

function excelDriver(sheet: string | number): Driver {
  return {
    name: 'excel',
    extension: '.xlsx',
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    text: false,
    encode: (_value, { name }: Dataset) => {
      throw new DatasetError(
        'DATASET_NOT_ENCODABLE',
        `Dataset '${name}' cannot be written: the type excel is only read.`,
        {
          dataset: name,
          hint: 'Give what a node makes the type csv or parquet; spreadsheets open both or import them.',
        },
      )
    },
    async decode(bytes, dataset, where) {
      return sheetRows(await cellsOf(bytes, dataset, where, sheet), dataset, where)
    },
    configure,
  }
}

function configure({ load, save }: DriverSettings): Driver {
  const { sheet_name } = driverSettings(LoadArgs, load, 'load_args of an excel dataset')
  driverSettings(SaveArgs, save, 'save_args of an excel dataset')
  return excelDriver(sheet_name ?? 0)
}

async function cellsOf(
  bytes: Uint8Array,
  dataset: Dataset,
  where: string,
  sheet: string | number,
): Promise<readonly (readonly unknown[])[]> {
  const size = unpackedSize(bytes)
  if (size === undefined) throw notDecodable(dataset, where, 'it is no .xlsx file.')
  if (size > mostBytes)
    throw notDecodable(
      dataset,
      where,
      `unpacked it would be ${size} bytes, and at most ${mostBytes} are read.`,
    )
  const { readSheet } = await optionalPackage(
    'read-excel-file',
    'The type excel',
    // Its reader for browsers unpacks no more than the archive says; the one for Node as much as there is.
    async () => await import('read-excel-file/universal'),
  )
  try {
    // Sheets are counted from 1 there.
    const place = typeof sheet === 'number' ? sheet + 1 : sheet
    return await readSheet(new Blob([new Uint8Array(bytes)]), place, { trim: false })
  } catch (error) {
    throw notDecodable(
      dataset,
      where,
      error instanceof Error ? error.message : String(error),
      error,
    )
  }
}

/** A sheet of an Excel workbook (.xlsx) as a table: its first row names the columns. It is read, and never written. */
export const excel: Driver = excelDriver(0)
