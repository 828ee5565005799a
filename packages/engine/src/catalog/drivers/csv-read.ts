import { isUtf8 } from 'node:buffer'

import { parse, type CastingContext, type Options } from 'csv-parse/sync'

import type { Dataset } from '../../definition/dataset.ts'
import type { CsvFormat } from './csv-format.ts'
import { CsvRows, quotedEmpty } from './csv-rows.ts'

/** What the parser is told for a layout. */
export function parserOptions(format: CsvFormat): Options {
  return {
    bom: true,
    delimiter: format.separator,
    // Any of them, also mixed: the header may come from another machine than the rows.
    record_delimiter: ['\r\n', '\n', '\r'],
    // Rows of a wrong length are found by `CsvRows`, to say which and where.
    relax_column_count: true,
  }
}

/** Tells `""` from an empty cell. */
export function markQuotedEmpty(text: string, context: CastingContext): string {
  return text === '' && context.quoting ? quotedEmpty : text
}

/** Rows of a CSV text, cells as the dataset's schema says. @throws DatasetError `DATASET_NOT_DECODABLE` with the line. */
export function readCsv(
  bytes: Uint8Array,
  dataset: Dataset,
  where: string,
  format: CsvFormat,
): readonly object[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const rows = new CsvRows(dataset, where, format)
  if (!isUtf8(text)) throw rows.failed('it is not UTF-8 text.')
  const options = parserOptions(format)
  const made: object[] = []
  for (const [index, record] of records(text, options, rows).entries()) {
    const row = rows.next(record, () => lineOf(text, options, index))
    if (row !== undefined) made.push(row)
  }
  rows.end()
  return made
}

function records(text: Buffer, options: Options, rows: CsvRows): readonly (readonly string[])[] {
  try {
    return parse(text, rows.needsQuotes ? { ...options, cast: markQuotedEmpty } : options)
  } catch (error) {
    throw rows.failed(parserMessage(error), error)
  }
}

/** What the parser says, with the line at which it stopped. */
export function parserMessage(error: unknown): string {
  const line = error instanceof Error && 'lines' in error ? `line ${String(error.lines)}: ` : ''
  return `${line}${error instanceof Error ? error.message : String(error)}`
}

/** The line on which a record begins; found by reading up to it again, since only an error asks. */
function lineOf(text: Buffer, options: Options, index: number): number {
  if (index === 0) return 1
  const before = parse(text, { ...options, to: index, info: true })
  // With `info` each item is the record and where it ended.
  const last = before.at(-1) as unknown as { readonly info: { readonly lines: number } } | undefined
  return (last?.info.lines ?? 0) + 1
}
