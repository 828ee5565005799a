import { isUtf8 } from 'node:buffer'

import { parse, type CastingContext, type Options } from 'csv-parse/sync'

import type { Dataset } from '../../definition/dataset.ts'
import { didYouMean } from '../../definition/nearest.ts'
import type { DatasetError } from '../../errors.ts'
import { notDecodable } from '../not-decodable.ts'
import { describeColumn, readCell, unreadable } from './csv-cell.ts'
import { columnsOf, type Column, type Columns } from './csv-column.ts'

const options = {
  bom: true,
  // Any of them, also mixed: the header may come from another machine than the rows.
  record_delimiter: ['\r\n', '\n', '\r'],
  // Rows of a wrong length are found here, to say which and where.
  relax_column_count: true,
} satisfies Options

/** Stands for `""`, which is text, where an empty cell is null. No file can hold it: it is not UTF-8. */
const quotedEmpty = '\uDC00'

/** Rows of a CSV text, cells as the dataset's schema says. @throws DatasetError `DATASET_NOT_DECODABLE` with the line. */
export function readCsv(bytes: Uint8Array, dataset: Dataset, where: string): unknown {
  const columns = columnsOf(dataset.schema)
  if (columns === undefined) {
    throw notDecodable(
      dataset,
      where,
      'its schema is not of an array of objects, as the rows of a CSV file are.',
    )
  }
  return new CsvReader(bytes, dataset, where, columns).read()
}

class CsvReader {
  readonly #bytes: Buffer
  readonly #dataset: Dataset
  readonly #where: string
  readonly #columns: Columns

  constructor(bytes: Uint8Array, dataset: Dataset, where: string, columns: Columns) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#dataset = dataset
    this.#where = where
    this.#columns = columns
  }

  read(): readonly object[] {
    if (!isUtf8(this.#bytes)) throw this.#failed('it is not UTF-8 text.')
    const [header, ...records] = this.#records()
    const blank = header === undefined || (header.length === 1 && header[0] === '')
    if (blank && records.length === 0 && this.#columns.named.size === 0) return []
    if (blank) throw this.#failed('line 1: there is no header.')
    const names = this.#header(header)
    const known = names.map((name) => this.#columns.named.get(name) ?? this.#columns.others)
    const rows: object[] = []
    for (const [index, record] of records.entries()) {
      if (record.length !== names.length) {
        if (isBlank(record)) continue
        const found = `${record.length} cells where the header has ${names.length}`
        throw this.#failed(`line ${this.#lineOf(index)}: ${found}.`)
      }
      rows.push(this.#row(record, names, known, index))
    }
    return rows
  }

  #records(): readonly (readonly string[])[] {
    try {
      return parse(this.#bytes, this.#needsCast() ? { ...options, cast: markQuotedEmpty } : options)
    } catch (error) {
      const lines =
        error instanceof Error && 'lines' in error ? `line ${String(error.lines)}: ` : ''
      throw this.#failed(`${lines}${error instanceof Error ? error.message : String(error)}`, error)
    }
  }

  /** Only a column of text that may be empty needs to know which empty cells had quotes. */
  #needsCast(): boolean {
    const columns = [...this.#columns.named.values(), this.#columns.others]
    return columns.some(
      (column) => column.kinds.has('string') && (column.nullable || column.optional),
    )
  }

  #header(names: readonly string[]): readonly string[] {
    const seen = new Set<string>()
    for (const name of names) {
      const shown = JSON.stringify(name.slice(0, 100))
      if (seen.has(name)) throw this.#failed(`line 1: two columns are named ${shown}.`)
      if (name === '__proto__') throw this.#failed(`line 1: no column may be named ${shown}.`)
      seen.add(name)
    }
    for (const [name, column] of this.#columns.named) {
      if (seen.has(name) || column.optional) continue
      throw this.#failed(
        `line 1: there is no column "${name}". ${didYouMean(name, names, 'columns')}`,
      )
    }
    return names
  }

  #row(
    record: readonly string[],
    names: readonly string[],
    known: readonly Column[],
    index: number,
  ): object {
    const row: Record<string, unknown> = {}
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at]
      const column = known[at]
      // As many columns as names, and as many cells.
      if (name === undefined || column === undefined) continue
      const cell = record[at] ?? ''
      const quoted = cell === quotedEmpty
      const value = readCell(quoted ? '' : cell, quoted, column)
      if (value === unreadable) throw this.#wrongCell(cell, name, column, index)
      if (value !== undefined) row[name] = value
    }
    return row
  }

  #wrongCell(cell: string, name: string, column: Column, index: number): DatasetError {
    const found = cell === '' ? 'an empty cell' : JSON.stringify(cell.slice(0, 50))
    const line = this.#lineOf(index)
    return this.#failed(
      `line ${line}, column "${name}": ${found} where ${describeColumn(column)} is expected.`,
    )
  }

  /** The line on which a row begins; found by reading up to it again, since only an error asks. */
  #lineOf(index: number): number {
    const before = parse(this.#bytes, { ...options, to: index + 1, info: true })
    // With `info` each item is the record and where it ended.
    const last = before.at(-1) as unknown as
      | { readonly info: { readonly lines: number } }
      | undefined
    return (last?.info.lines ?? 0) + 1
  }

  #failed(reason: string, cause?: unknown): DatasetError {
    return notDecodable(this.#dataset, this.#where, reason, cause)
  }
}

function isBlank(record: readonly string[]): boolean {
  return record.length === 1 && (record[0] === '' || record[0] === quotedEmpty)
}

function markQuotedEmpty(text: string, context: CastingContext): string {
  return text === '' && context.quoting ? quotedEmpty : text
}
