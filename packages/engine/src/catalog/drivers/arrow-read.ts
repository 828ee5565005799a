import type * as Arrow from 'apache-arrow'

import type { Dataset } from '../../definition/dataset.ts'
import type { DatasetError } from '../../errors.ts'
import { notDecodable } from '../not-decodable.ts'
import { columnsOf } from './cell-column.ts'
import { openArrow } from './open-arrow.ts'
import { cellConversion } from './typed-cell.ts'

/** Rows of an Arrow IPC file or stream. @throws DatasetError `DATASET_NOT_DECODABLE` */
export async function readArrow(
  bytes: Uint8Array,
  dataset: Dataset,
  where: string,
  wanted: readonly string[] | undefined,
): Promise<readonly unknown[]> {
  const failed = (reason: string, cause?: unknown): DatasetError =>
    notDecodable(dataset, where, reason, cause)
  const columns = columnsOf(dataset.schema)
  if (columns === undefined)
    throw failed('its schema is not of an array of objects, as the rows of an Arrow table are.')
  const arrow = await openArrow()
  // An empty file is taken for a table without columns there.
  if (bytes.byteLength === 0) throw failed('it is empty.')
  const table = attempt(() => arrow.tableFromIPC(bytes), failed)
  const { fields } = table.schema
  const names = new Set(fields.map(({ name }) => name))
  if (names.has('__proto__')) throw failed('no column may be named "__proto__".')
  const missing = wanted?.find((name) => !names.has(name))
  if (missing !== undefined)
    throw failed(`there is no column ${JSON.stringify(missing.slice(0, 100))}.`)
  const rows: Record<string, unknown>[] = Array.from({ length: table.numRows }, () => ({}))
  for (const field of fields) {
    const { name } = field
    if (wanted !== undefined && !wanted.includes(name)) continue
    const convert = cellConversion(columns.named.get(name) ?? columns.others)
    const plain = plainCell(arrow, field)
    const cells = table.getChild(name)
    attempt(() => {
      for (const [index, row] of rows.entries()) {
        const value = convert(plain(cells?.get(index)))
        if (value !== undefined) row[name] = value
      }
    }, failed)
  }
  return rows
}

function attempt<T>(work: () => T, failed: (reason: string, cause: unknown) => DatasetError): T {
  try {
    return work()
  } catch (error) {
    throw failed(error instanceof Error ? error.message : String(error), error)
  }
}

/** Gives a cell of a column as a plain value. */
function plainCell(
  arrow: typeof Arrow,
  { type, metadata }: Arrow.Field,
): (cell: unknown) => unknown {
  if (metadata.get('ARROW:extension:name') === 'arrow.json')
    return (cell) => (typeof cell === 'string' ? JSON.parse(cell) : cell)
  if (arrow.DataType.isTimestamp(type) || arrow.DataType.isDate(type))
    return (cell) =>
      typeof cell === 'number' || typeof cell === 'bigint' ? new Date(Number(cell)) : cell
  if (arrow.DataType.isBinary(type))
    return (cell) => (cell instanceof Uint8Array ? cell.slice() : cell)
  return plain
}

/** Lists and structs are views of the table. */
function plain(cell: unknown): unknown {
  if (typeof cell !== 'object' || cell === null || cell instanceof Date) return cell
  if (cell instanceof Uint8Array) return cell.slice()
  return 'toJSON' in cell && typeof cell.toJSON === 'function' ? cell.toJSON() : cell
}
