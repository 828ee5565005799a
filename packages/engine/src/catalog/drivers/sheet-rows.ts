import type { Dataset } from '../../definition/dataset.ts'
import { didYouMean } from '../../definition/nearest.ts'
import type { DatasetError } from '../../errors.ts'
import { notDecodable } from '../not-decodable.ts'
import { columnsOf } from './cell-column.ts'
import { cellConversion, type CellConversion } from './typed-cell.ts'

/**
 * Rows of a sheet whose first row names the columns. Rows without any value are left out.
 *
 * @throws DatasetError `DATASET_NOT_DECODABLE`
 */
export function sheetRows(
  cells: readonly (readonly unknown[])[],
  dataset: Dataset,
  where: string,
): readonly object[] {
  const failed = (reason: string): DatasetError => notDecodable(dataset, where, reason)
  const columns = columnsOf(dataset.schema)
  if (columns === undefined)
    throw failed('its schema is not of an array of objects, as the rows of a sheet are.')
  const [first = [], ...rest] = cells
  const names = first.map((cell) => (cell === null || cell === undefined ? '' : textOf(cell)))
  assertNames(names, failed)
  for (const [name, column] of columns.named) {
    if (names.includes(name) || column.optional) continue
    throw failed(`row 1: there is no column "${name}". ${didYouMean(name, names, 'columns')}`)
  }
  const conversions = names.map((name) => cellConversion(columns.named.get(name) ?? columns.others))
  return rest.flatMap((row) => rowOf(row, names, conversions) ?? [])
}

function assertNames(names: readonly string[], failed: (reason: string) => DatasetError): void {
  const seen = new Set<string>()
  for (const name of names) {
    const shown = JSON.stringify(name.slice(0, 100))
    if (name !== '' && seen.has(name)) throw failed(`row 1: two columns are named ${shown}.`)
    if (name === '__proto__') throw failed(`row 1: no column may be named ${shown}.`)
    seen.add(name)
  }
}

/** Undefined for a row without any value. Columns without a name are notes beside the table. */
function rowOf(
  cells: readonly unknown[],
  names: readonly string[],
  conversions: readonly CellConversion[],
): object | undefined {
  const row: Record<string, unknown> = {}
  let isEmpty = true
  for (const [index, name] of names.entries()) {
    if (name === '') continue
    const cell = cells[index] ?? null
    isEmpty &&= cell === null
    const value = conversions[index]?.(cell)
    if (value !== undefined) row[name] = value
  }
  return isEmpty ? undefined : row
}

function textOf(cell: unknown): string {
  return cell instanceof Date ? cell.toISOString() : String(cell)
}
