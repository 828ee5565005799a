import type { Dataset } from '../../definition/dataset.ts'
import type { Driver } from '../driver.ts'
import { csvHead } from './csv-head.ts'
import { readCsv } from './csv-read.ts'
import { writeCsv } from './csv-write.ts'

/**
 * A table as RFC 4180 text with a header line. Cells are text, so the dataset's schema says what they mean: `3.2` is a
 * number where it asks for one. What would not read back as it was written is refused.
 */
export const csv: Driver = {
  name: 'csv',
  extension: '.csv',
  mediaType: 'text/csv; charset=utf-8; header=present',
  text: true,
  encode(value: unknown, dataset: Dataset): Uint8Array {
    return Buffer.from(writeCsv(value, dataset), 'utf8')
  },
  decode(bytes: Uint8Array, dataset: Dataset, where: string): unknown {
    return readCsv(bytes, dataset, where)
  },
  head: csvHead,
}
