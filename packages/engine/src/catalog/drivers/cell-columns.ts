import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import { valuePath } from '../value-path.ts'
import { assertJson } from './assert-json.ts'
import { columnsOf, type Column } from './cell-column.ts'
import { cellType, type CellType } from './cell-type.ts'
import { assertRow, rowNames, type Row } from './row-names.ts'

/** A column of a format that knows types. */
export interface TypedColumn {
  readonly name: string
  readonly column: Column
  readonly type: CellType
  /** Whether a row may be without a value. */
  readonly optional: boolean
}

/** Turns rows into columns of one type each, for the rows of a whole table or of one part after another. */
export class ColumnBuilder {
  readonly #dataset: Dataset
  readonly #format: string
  readonly #closed: boolean
  readonly columns: readonly TypedColumn[]
  #written = 0

  /**
   * @param format Its name in messages, such as `Parquet`.
   * @param first The first rows, or all: what the schema does not say is taken from them.
   * @throws DatasetError `DATASET_NOT_ENCODABLE`
   */
  constructor(dataset: Dataset, format: string, first: readonly unknown[]) {
    this.#dataset = dataset
    this.#format = format
    const columns = columnsOf(dataset.schema)
    if (columns === undefined) throw this.refused([], 'a schema that is not of an array of objects')
    this.#closed = columns.closed
    const names = rowNames(first, columns, (path, what) => this.refused(path, what))
    if (names.length === 0 && first.length > 0) throw this.refused([0], 'a row without columns')
    this.columns = names.map((name) =>
      this.#typed(name, columns.named.get(name) ?? columns.others, first),
    )
  }

  /**
   * The values of each column in these rows, which follow those given before; null where there is none.
   *
   * @throws DatasetError `DATASET_NOT_ENCODABLE` naming the path in the value.
   */
  values(rows: readonly unknown[]): readonly unknown[][] {
    const refuse = (path: readonly PropertyKey[], what: string) => this.refused(path, what)
    for (const [index, row] of rows.entries())
      assertRow(row, this.#written + index, this.columns, this.#closed, refuse)
    const values = this.columns.map((column) => this.#column(rows as readonly Row[], column))
    this.#written += rows.length
    return values
  }

  refused(path: readonly PropertyKey[], what: string): DatasetError {
    const { name } = this.#dataset
    return new DatasetError(
      'DATASET_NOT_ENCODABLE',
      `Dataset '${name}' cannot be written as ${this.#format}: at ${valuePath(path)} is ${what}.`,
      {
        dataset: name,
        hint: 'Return rows of text, numbers, booleans, dates, bytes and plain values, each column of one kind; or use the type json.',
      },
    )
  }

  #typed(name: string, column: Column, first: readonly unknown[]): TypedColumn {
    const values = column.open ? first.map((row) => valueOf(row as Row, name)) : []
    const type = cellType(column, values)
    if (type === undefined) throw this.refused([0, name], 'a column of several kinds of values')
    return { name, column, type, optional: isOptional(column) }
  }

  #column(rows: readonly Row[], { name, column, type, optional }: TypedColumn): unknown[] {
    const isInherited = name in Object.prototype
    const isOfType = fits[type]
    const values: unknown[] = Array.from({ length: rows.length })
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index]
      const value = isInherited ? valueOf(row ?? {}, name) : row?.[name]
      if (value === null || value === undefined) {
        if (!optional) throw this.#wrong(index, name, 'no value where the schema wants one')
        values[index] = null
        continue
      }
      if (!isOfType(value)) throw this.#wrong(index, name, describe(value, column))
      values[index] = value
    }
    if (type === 'json') this.#assertJson(values, name)
    return values
  }

  #assertJson(values: readonly unknown[], name: string): void {
    for (const [index, value] of values.entries()) {
      try {
        assertJson(value, this.#dataset.name)
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error)
        throw this.#wrong(index, name, `what JSON cannot hold (${what})`)
      }
    }
  }

  #wrong(index: number, name: string, what: string): DatasetError {
    return this.refused([this.#written + index, name], what)
  }
}

function isOptional(column: Column): boolean {
  return column.nullable || column.optional || column.open === true
}

function valueOf(row: Row, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined
}

const mostLong = 2n ** 63n - 1n

const fits: Readonly<Record<CellType, (value: unknown) => boolean>> = {
  double: (value) => typeof value === 'number',
  long: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  text: (value) => typeof value === 'string' && value.isWellFormed(),
  bigint: (value) => typeof value === 'bigint' && value <= mostLong && value >= -mostLong - 1n,
  timestamp: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  bytes: (value) => value instanceof Uint8Array,
  json: () => true,
}

function describe(value: unknown, column: Column): string {
  const kinds = [...column.kinds].join(' or ')
  const wanted = kinds === '' ? '' : `, where the schema has ${kinds}`
  if (typeof value === 'string')
    return value.isWellFormed() ? `a string${wanted}` : 'text with half of a surrogate pair'
  if (typeof value === 'number' || typeof value === 'bigint')
    return `the ${typeof value} ${String(value).slice(0, 40)}${wanted}`
  return `a value of another kind (${typeof value})${wanted}`
}
