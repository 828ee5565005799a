import type { Dataset } from '../../definition/dataset.ts'
import { didYouMean } from '../../definition/nearest.ts'
import type { DatasetError } from '../../errors.ts'
import { notDecodable } from '../not-decodable.ts'
import { columnsOf, type Column, type Columns } from './cell-column.ts'
import { cellReader, describeColumn, unreadable, type CellReader } from './csv-cell.ts'
import type { CsvFormat } from './csv-format.ts'

/** Stands for `""`, which is text, where an empty cell is null. No file can hold it: it is not UTF-8. */
export const quotedEmpty = '\uDC00'

interface NamedColumn {
  readonly name: string
  readonly column: Column
  readonly read: CellReader
}

/** Makes rows of a CSV text of its records, one after another; the first is the header. Cells are as the schema says. */
export class CsvRows {
  readonly #dataset: Dataset
  readonly #where: string
  readonly #format: CsvFormat
  readonly #columns: Columns
  #header: readonly NamedColumn[] | undefined

  /** @throws DatasetError `DATASET_NOT_DECODABLE` when the schema is not of a table. */
  constructor(dataset: Dataset, where: string, format: CsvFormat) {
    this.#dataset = dataset
    this.#where = where
    this.#format = format
    const columns = columnsOf(dataset.schema)
    if (columns === undefined)
      throw this.failed('its schema is not of an array of objects, as the rows of a CSV file are.')
    this.#columns = columns
  }

  /** Only a column of text that may be empty needs to know which empty cells had quotes. */
  get needsQuotes(): boolean {
    const columns = [...this.#columns.named.values(), this.#columns.others]
    return columns.some(
      (column) => column.kinds.has('string') && (column.nullable || column.optional),
    )
  }

  /**
   * The row of a record; undefined for the header and for a blank line.
   *
   * @param lineOf Says where the record begins: asked for in errors only.
   */
  next(record: readonly string[], lineOf: () => number): object | undefined {
    if (this.#header === undefined) {
      this.#header = this.#readHeader(record)
      return undefined
    }
    if (record.length === this.#header.length) return this.#row(record, this.#header, lineOf)
    if (isBlank(record)) return undefined
    const found = `${record.length} cells where the header has ${this.#header.length}`
    throw this.failed(`line ${lineOf()}: ${found}.`)
  }

  /** To be called after the last record. An empty text is a table without rows where no columns are named. */
  end(): void {
    if (this.#header === undefined && this.#columns.named.size > 0)
      throw this.failed('line 1: there is no header.')
  }

  failed(reason: string, cause?: unknown): DatasetError {
    return notDecodable(this.#dataset, this.#where, reason, cause)
  }

  #readHeader(names: readonly string[]): readonly NamedColumn[] {
    if (isBlank(names)) {
      if (this.#columns.named.size === 0) return []
      throw this.failed('line 1: there is no header.')
    }
    const seen = new Set<string>()
    for (const name of names) {
      const shown = JSON.stringify(name.slice(0, 100))
      if (seen.has(name)) throw this.failed(`line 1: two columns are named ${shown}.`)
      if (name === '__proto__') throw this.failed(`line 1: no column may be named ${shown}.`)
      seen.add(name)
    }
    const { named, others } = this.#columns
    for (const [name, column] of named) {
      if (seen.has(name) || column.optional) continue
      throw this.failed(
        `line 1: there is no column "${name}". ${didYouMean(name, names, 'columns')}`,
      )
    }
    return names.map((name) => {
      const column = named.get(name) ?? others
      return { name, column, read: cellReader(column, this.#format.missing) }
    })
  }

  #row(record: readonly string[], header: readonly NamedColumn[], lineOf: () => number): object {
    const row: Record<string, unknown> = {}
    for (let at = 0; at < header.length; at += 1) {
      const named = header[at]
      if (named === undefined) continue
      const cell = record[at] ?? ''
      const value = cell === quotedEmpty ? named.read('', true) : named.read(cell, false)
      if (value === unreadable) throw this.#wrongCell(cell, named, lineOf())
      if (value !== undefined) row[named.name] = value
    }
    return row
  }

  #wrongCell(cell: string, { name, column }: NamedColumn, line: number): DatasetError {
    const found =
      cell === '' || cell === quotedEmpty ? 'an empty cell' : JSON.stringify(cell.slice(0, 50))
    return this.failed(
      `line ${line}, column "${name}": ${found} where ${describeColumn(column)} is expected.`,
    )
  }
}

function isBlank(record: readonly string[]): boolean {
  return record.length === 1 && (record[0] === '' || record[0] === quotedEmpty)
}
