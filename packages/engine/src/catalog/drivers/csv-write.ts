import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import { valuePath } from '../value-path.ts'
import { readCell, sameCell, writeCell } from './csv-cell.ts'
import { columnsOf, type Column, type Columns } from './csv-column.ts'

const needsQuotes = /[",\r\n\uFEFF]/
const halfSurrogate = /\p{Surrogate}/u

type Row = Readonly<Record<string, unknown>>

/** CSV text of an array of objects. @throws DatasetError `DATASET_NOT_ENCODABLE` naming the path in the value. */
export function writeCsv(value: unknown, dataset: Dataset): string {
  const columns = columnsOf(dataset.schema)
  if (columns === undefined)
    throw refused(dataset, [], 'a schema that is not of an array of objects')
  if (!Array.isArray(value)) throw refused(dataset, [], 'no array')
  const names = columnNames(value, columns, dataset)
  if (names.length === 0 && value.length > 0) throw refused(dataset, [0], 'a row without columns')
  if (names.length === 0) return ''
  const known = names.map((name) => columns.named.get(name) ?? columns.others)
  const lines = [names.map((name) => quote(name, false)).join(',')]
  for (const [index, row] of value.entries()) {
    const cells = known.map((column, at) => {
      const name = names[at] ?? ''
      // `columnNames` saw that every row is an object. Its own: a column may be named `toString`.
      const cell = Object.hasOwn(row as Row, name) ? (row as Row)[name] : undefined
      return writeOne(cell, column, [index, name], names.length === 1, dataset)
    })
    lines.push(cells.join(','))
  }
  return `${lines.join('\n')}\n`
}

/** The schema's columns in its order, then others in the order in which rows bring them. */
function columnNames(
  rows: readonly unknown[],
  columns: Columns,
  dataset: Dataset,
): readonly string[] {
  const names = new Set(columns.named.keys())
  for (const [index, row] of rows.entries()) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw refused(dataset, [index], 'a row that is not an object')
    }
    for (const name of Object.keys(row)) {
      if (name === '__proto__')
        throw refused(dataset, [index, name], 'a name that no column may have')
      names.add(name)
    }
  }
  return [...names]
}

function writeOne(
  value: unknown,
  column: Column,
  path: readonly PropertyKey[],
  alone: boolean,
  dataset: Dataset,
): string {
  const text = writeCell(value)
  if (text === undefined) throw refused(dataset, path, `a ${typeof value} that no cell can hold`)
  const quotedEmpty =
    text === '' && typeof value === 'string' && (alone || column.nullable || column.optional)
  if (!sameCell(readCell(text, quotedEmpty, column), value)) {
    const shown = JSON.stringify(text.slice(0, 50))
    throw refused(
      dataset,
      path,
      `the ${typeof value} ${shown}, which would read back as something else`,
    )
  }
  if (halfSurrogate.test(text)) throw refused(dataset, path, 'text with half of a surrogate pair')
  return quote(text, quotedEmpty)
}

function quote(text: string, always: boolean): string {
  return always || needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function refused(dataset: Dataset, path: readonly PropertyKey[], what: string): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${dataset.name}' cannot be written as CSV: at ${valuePath(path)} is ${what}.`,
    {
      dataset: dataset.name,
      hint: 'CSV holds an array of objects of text, numbers, booleans, dates and null, as the schema names them; or use the type json.',
    },
  )
}
