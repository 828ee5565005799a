import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import { valuePath } from '../value-path.ts'
import { columnsOf, type Column, type Columns } from './cell-column.ts'
import { cellReader, sameCell, soleKind, writeCell, type CellReader } from './csv-cell.ts'
import { commas, type CsvFormat } from './csv-format.ts'
import { assertRow, rowNames, type Row } from './row-names.ts'

const halfSurrogate = /\p{Surrogate}/u

/** Rows of one block: a text ends at half a gigabyte. */
const blockRows = 20_000

interface NamedColumn {
  readonly name: string
  readonly column: Column
  readonly read: CellReader
  readonly kind: ReturnType<typeof soleKind>
}

/** CSV text of an array of objects. @throws DatasetError `DATASET_NOT_ENCODABLE` naming the path in the value. */
export function writeCsv(value: unknown, dataset: Dataset, format: CsvFormat): Uint8Array {
  const writer = new CsvWriter(dataset, format)
  if (!Array.isArray(value)) throw writer.refused([], 'no array')
  writer.addColumns(value)
  const blocks = [Buffer.from(writer.header())]
  for (let start = 0; start < value.length; start += blockRows)
    blocks.push(Buffer.from(writer.block(value.slice(start, start + blockRows)), 'utf8'))
  return Buffer.concat(blocks)
}

/** Writes the rows of one CSV text, block by block. */
export class CsvWriter {
  readonly #dataset: Dataset
  readonly #format: CsvFormat
  readonly #columns: Columns
  /** What needs quotes. */
  readonly #quotable: RegExp
  /** What needs quotes, or has to be looked at. */
  readonly #special: RegExp
  #header: readonly NamedColumn[] = []
  #written = 0

  /** @throws DatasetError `DATASET_NOT_ENCODABLE` when the schema is not of a table. */
  constructor(dataset: Dataset, format: CsvFormat) {
    this.#dataset = dataset
    this.#format = format
    const separator = format.separator.replace(/[\\\]^-]/, String.raw`\$&`)
    this.#quotable = new RegExp(String.raw`["\r\n\uFEFF${separator}]`)
    this.#special = new RegExp(String.raw`["\r\n\uFEFF\uD800-\uDFFF${separator}]`)
    const columns = columnsOf(dataset.schema)
    if (columns === undefined) throw this.refused([], 'a schema that is not of an array of objects')
    this.#columns = columns
  }

  /** The schema's columns in its order, then others in the order in which these rows bring them. */
  addColumns(rows: readonly unknown[]): void {
    const { named, others } = this.#columns
    const names = rowNames(rows, this.#columns, (path, what) => this.refused(path, what))
    if (names.length === 0 && rows.length > 0) throw this.refused([0], 'a row without columns')
    this.#header = names.map((name) => {
      const column = named.get(name) ?? others
      const read = cellReader(column, commas.missing)
      return { name, column, read, kind: soleKind(column) }
    })
  }

  header(): string {
    if (this.#header.length === 0) return ''
    const names = this.#header.map(({ name }) => this.#quote(name, false))
    return `${names.join(this.#format.separator)}\n`
  }

  /** The lines of rows that follow those written before. */
  block(rows: readonly unknown[]): string {
    const lines: string[] = []
    const { length } = this.#header
    for (const [index, row] of rows.entries()) {
      const at = this.#written + index
      assertRow(row, at, this.#header, this.#columns.closed, (path, what) =>
        this.refused(path, what),
      )
      const cells: string[] = []
      for (let column = 0; column < length; column += 1) {
        const named = this.#header[column]
        if (named === undefined) continue
        cells.push(this.#cell(valueOf(row, named.name), named, at))
      }
      lines.push(cells.join(this.#format.separator))
    }
    this.#written += rows.length
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`
  }

  refused(path: readonly PropertyKey[], what: string): DatasetError {
    const { name } = this.#dataset
    return new DatasetError(
      'DATASET_NOT_ENCODABLE',
      `Dataset '${name}' cannot be written as CSV: at ${valuePath(path)} is ${what}.`,
      {
        dataset: name,
        hint: 'CSV holds an array of objects of text, numbers, booleans, dates and null, as the schema names them; or use the type json.',
      },
    )
  }

  #cell(value: unknown, named: NamedColumn, index: number): string {
    // Of the cells that need nothing looked up, which are most.
    if (typeof value === 'number' && named.kind === 'number' && Number.isFinite(value))
      return String(value)
    if (typeof value === 'boolean' && named.kind === 'boolean') return value ? 'true' : 'false'
    if (typeof value === 'string' && named.kind === 'string' && value !== '') {
      if (!this.#special.test(value)) return value
    }
    return this.#slowCell(value, named, [index, named.name])
  }

  #slowCell(value: unknown, { column, read }: NamedColumn, path: readonly PropertyKey[]): string {
    const text = writeCell(value)
    if (text === undefined) throw this.refused(path, `a ${typeof value} that no cell can hold`)
    const alone = this.#header.length === 1
    const quotedEmpty =
      text === '' && typeof value === 'string' && (alone || column.nullable || column.optional)
    if (!sameCell(read(text, quotedEmpty), value)) {
      const shown = JSON.stringify(text.slice(0, 50))
      throw this.refused(
        path,
        `the ${typeof value} ${shown}, which would read back as something else`,
      )
    }
    if (halfSurrogate.test(text)) throw this.refused(path, 'text with half of a surrogate pair')
    return this.#quote(text, quotedEmpty)
  }

  #quote(text: string, always: boolean): string {
    return always || this.#quotable.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
}

/** Its own: a column may be named `toString`. */
function valueOf(row: Row, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(row, name) ? undefined : row[name]
}
