import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import type { Columns } from './cell-column.ts'

/** A row of a table. */
export type Row = Readonly<Record<string, unknown>>

/** Makes the error of a part of a value that a format cannot hold. */
export type Refusal = (path: readonly PropertyKey[], what: string) => DatasetError

/**
 * The names of a table's columns: the schema's in its order, then others in the order in which rows bring them.
 *
 * @throws what `refused` gives, for a row that is no object or a name that no column may have.
 */
export function rowNames(
  rows: readonly unknown[],
  columns: Columns,
  refused: Refusal,
): readonly string[] {
  const names = new Set(columns.named.keys())
  if (columns.closed) return [...names]
  for (const [index, row] of rows.entries()) {
    if (!isRow(row)) throw refused([index], 'a row that is not an object')
    for (const name of Object.keys(row)) {
      if (name === '__proto__') throw refused([index, name], 'a name that no column may have')
      names.add(name)
    }
  }
  return [...names]
}

/** Refuses what is no row, and a row with columns that the ones before do not have. */
export function assertRow(
  row: unknown,
  index: number,
  header: readonly { readonly name: string }[],
  closed: boolean,
  refused: Refusal,
): asserts row is Row {
  if (!isRow(row)) throw refused([index], 'a row that is not an object')
  if (closed) return
  let known = 0
  for (const { name } of header) if (Object.hasOwn(row, name)) known += 1
  const names = Object.keys(row)
  if (names.length === known) return
  const other = names.find((name) => header.every((column) => column.name !== name))
  throw refused([index, other ?? ''], 'a column that the first rows do not have')
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws DatasetError `DATASET_NOT_ENCODABLE` */
export function assertRows(
  value: unknown,
  { name }: Dataset,
  format: string,
): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return
  throw new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${name}' cannot be written as ${format}: at / is no array.`,
    { dataset: name, hint: 'Return an array of rows, or use the type json.' },
  )
}
