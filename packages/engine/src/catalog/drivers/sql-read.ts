import type { Dataset } from '../../definition/dataset.ts'
import { notDecodable } from '../not-decodable.ts'
import { columnsOf } from './cell-column.ts'
import { openKysely, type Database } from './open-database.ts'
import type { Row } from './row-names.ts'
import { cellConversion, plainBytes, type CellConversion } from './typed-cell.ts'

/** Rows of a table, with the columns that are wanted, or all. */
export async function readTable(
  database: Database,
  {
    schema,
    table,
    columns,
  }: {
    readonly schema: string | undefined
    readonly table: string
    readonly columns: readonly string[] | undefined
  },
  dataset: Dataset,
): Promise<readonly unknown[]> {
  const scoped = schema === undefined ? database : database.withSchema(schema)
  const from = scoped.selectFrom(table)
  const query = columns === undefined ? from.selectAll() : from.select([...columns])
  return convert(await query.execute(), dataset)
}

/**
 * Rows of a query. Params by name (`:day`, `%(day)s`) or in order (`?`, `%s`, `$1`) are bound and never become part of the text.
 */
export async function readQuery(
  database: Database,
  text: string,
  params: Readonly<Record<string, unknown>> | readonly unknown[] | undefined,
  dataset: Dataset,
): Promise<readonly unknown[]> {
  const { sql } = await openKysely()
  const { texts, values } = boundParams(text, params)
  // A statement of texts and bound values, as the tag makes it of a template.
  const strings = Object.assign([...texts], { raw: texts })
  const { rows } = await sql<Row>(strings, ...values).execute(database)
  return convert(rows, dataset)
}

const placeholder =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|::|:(\w+)|%\((\w+)\)s|(\?|%s)|\$(\d+)/g

/** Cuts a query at its placeholders; those in texts, names and comments are none. */
export function boundParams(
  text: string,
  params: Readonly<Record<string, unknown>> | readonly unknown[] | undefined,
): { readonly texts: readonly string[]; readonly values: readonly unknown[] } {
  if (params === undefined) return { texts: [text], values: [] }
  const texts: string[] = []
  const values: unknown[] = []
  const isList = Array.isArray(params)
  let from = 0
  let next = 0
  for (const { 0: found, 1: colon, 2: percent, 3: ordered, 4: numbered, index } of text.matchAll(
    placeholder,
  )) {
    const name = isList ? undefined : (colon ?? percent)
    const place = isList
      ? ordered === undefined
        ? numbered && Number(numbered) - 1
        : next++
      : undefined
    const key = name ?? place
    if (key === undefined || key === '') continue
    if (!Object.hasOwn(params, key)) throw new Error(`its param ${key} is not in load_args.params`)
    texts.push(text.slice(from, index))
    values.push((params as Readonly<Record<PropertyKey, unknown>>)[key])
    from = index + found.length
  }
  return { texts: [...texts, text.slice(from)], values }
}

/** Rows with the types that the schema asks for. */
export function convert(rows: readonly Row[], dataset: Dataset): readonly unknown[] {
  const columns = columnsOf(dataset.schema)
  if (columns === undefined)
    throw notDecodable(
      dataset,
      'the database',
      'its schema is not of an array of objects, as the rows of a table are.',
    )
  const conversions = new Map<string, CellConversion>()
  return rows.map((row) => {
    const converted: Record<string, unknown> = {}
    for (const [name, cell] of Object.entries(row)) {
      let conversion = conversions.get(name)
      if (conversion === undefined) {
        const column = columns.named.get(name) ?? columns.others
        conversion = column.open ? safeNumber : cellConversion(column)
        conversions.set(name, conversion)
      }
      const value = conversion(cell)
      if (value !== undefined && name !== '__proto__') converted[name] = value
    }
    return converted
  })
}

/** Databases give whole numbers as bigints; without a schema most want numbers. */
function safeNumber(cell: unknown): unknown {
  if (typeof cell !== 'bigint') return plainBytes(cell) ?? null
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : cell
}
