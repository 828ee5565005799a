import * as z from 'zod'

import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, DriverSettings } from '../driver.ts'
import { commas, type CsvFormat } from './csv-format.ts'
import { csvHead } from './csv-head.ts'
import { readCsv } from './csv-read.ts'
import { encodeCsvStream, streamCsv } from './csv-stream.ts'
import { writeCsv } from './csv-write.ts'

const separator = z
  .string()
  .regex(/^[^"\r\n]$/, 'Expected one character that is no quote and ends no line')
  .optional()
const encoding = z
  .string()
  .regex(/^utf[-_]?8$/i, 'Only UTF-8 is read and written')
  .optional()

const LoadArgs = z.strictObject({
  sep: separator,
  delimiter: separator,
  na_values: z.union([z.string(), z.array(z.string())]).optional(),
  encoding,
  header: z.union([z.literal(0), z.literal('infer')], 'The first line is the header').optional(),
  // The schema says what cells mean.
  dtype: unheeded,
  parse_dates: unheeded,
  engine: unheeded,
  low_memory: unheeded,
  memory_map: unheeded,
})

const SaveArgs = z.strictObject({
  sep: separator,
  encoding,
  index: z.literal(false, 'Rows have no index').optional(),
  header: z.literal(true, 'There is always a header').optional(),
  mode: z.literal('w', 'A file is written whole').optional(),
  chunksize: unheeded,
})

/** A CSV driver for one way of reading and one of writing. */
function csvDriver(load: CsvFormat, save: CsvFormat): Driver {
  return {
    name: 'csv',
    extension: '.csv',
    mediaType: 'text/csv; charset=utf-8; header=present',
    text: true,
    encode: (value, dataset) => writeCsv(value, dataset, save),
    decode: (bytes, dataset, where) => readCsv(bytes, dataset, where, load),
    head: async (source, rows) => await csvHead(source, rows, save.separator),
    rows: {
      encode: (batches, dataset) => encodeCsvStream(batches, dataset, save),
      decode: (source, dataset, where) => streamCsv(source, dataset, where, load),
    },
    configure,
    settings: save.separator === commas.separator ? undefined : { sep: save.separator },
  }
}

function configure({ load, save }: DriverSettings): Driver {
  const { sep, delimiter, na_values } = driverSettings(LoadArgs, load, 'load_args of a csv dataset')
  const written = driverSettings(SaveArgs, save, 'save_args of a csv dataset')
  return csvDriver(
    { separator: sep ?? delimiter ?? commas.separator, missing: new Set([na_values ?? []].flat()) },
    { separator: written.sep ?? commas.separator, missing: commas.missing },
  )
}

/**
 * A table as RFC 4180 text with a header line. Cells are text, so the dataset's schema says what they mean: `3.2` is a
 * number where it asks for one. What would not read back as it was written is refused.
 */
export const csv: Driver = csvDriver(commas, commas)
