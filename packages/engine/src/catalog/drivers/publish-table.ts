import type { Kysely } from 'kysely'

import type { CellType } from './cell-type.ts'
import { openKysely, type Database } from './open-database.ts'
import { readParquetTable, type ParquetTable } from './parquet-table.ts'
import type { SqlAddress } from './sql-address.ts'

/** A table of a database. */
export interface TableTarget {
  readonly kind: SqlAddress['kind']
  readonly schema: string | undefined
  readonly table: string
}

/** Where is kept which publications were appended, so that none is appended twice. */
const ledger = 'pipewright_publications'

/** Values of one statement: SQLite binds at most 32,766. */
const mostValues = 30_000

/**
 * Writes a committed table, all of it or nothing. The table is made when it is not there; its rows are replaced, and with
 * `appends` kept, unless this publication has been appended before.
 *
 * @param key Names the publication.
 */
export async function publishTable(
  database: Database,
  target: TableTarget,
  bytes: Uint8Array,
  { key, appends }: { readonly key: string; readonly appends: boolean },
): Promise<void> {
  const content = await readParquetTable(bytes)
  await database.transaction().execute(async (transaction) => {
    const scoped = target.schema === undefined ? transaction : transaction.withSchema(target.schema)
    await createTable(scoped, target, content)
    if (appends) {
      if (!(await isNew(scoped, target, key))) return
    } else await scoped.deleteFrom(target.table).execute()
    await insert(scoped, target, content)
  })
}

type Scoped = Kysely<Readonly<Record<string, Readonly<Record<string, unknown>>>>>

async function createTable(
  database: Scoped,
  { kind, table }: TableTarget,
  { columns }: ParquetTable,
): Promise<void> {
  const { sql } = await openKysely()
  let creation = database.schema.createTable(table).ifNotExists()
  for (const { name, type } of columns)
    creation = creation.addColumn(name, sql.raw(columnTypes[kind][type]))
  if (columns.length > 0) await creation.execute()
}

/** Remembers a publication; false when it is remembered already. */
async function isNew(database: Scoped, { table }: TableTarget, key: string): Promise<boolean> {
  await database.schema
    .createTable(ledger)
    .ifNotExists()
    .addColumn('table_name', 'text', (column) => column.notNull())
    .addColumn('publication', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('pipewright_publications_key', ['table_name', 'publication'])
    .execute()
  const { numInsertedOrUpdatedRows } = await database
    .insertInto(ledger)
    .values({ table_name: table, publication: key })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

async function insert(
  database: Scoped,
  { kind, table }: TableTarget,
  { columns, rows }: ParquetTable,
): Promise<void> {
  const atOnce = Math.max(1, Math.floor(mostValues / Math.max(1, columns.length)))
  for (let start = 0; start < rows.length; start += atOnce) {
    const values = rows
      .slice(start, start + atOnce)
      .map((row) =>
        Object.fromEntries(columns.map(({ name, type }) => [name, bound(row[name], type, kind)])),
      )
    await database.insertInto(table).values(values).execute()
  }
}

const columnTypes: Readonly<Record<SqlAddress['kind'], Readonly<Record<CellType, string>>>> = {
  sqlite: {
    double: 'real',
    long: 'integer',
    bigint: 'integer',
    boolean: 'integer',
    timestamp: 'text',
    text: 'text',
    bytes: 'blob',
    json: 'text',
  },
  postgres: {
    double: 'double precision',
    long: 'bigint',
    bigint: 'bigint',
    boolean: 'boolean',
    timestamp: 'timestamptz',
    text: 'text',
    bytes: 'bytea',
    json: 'jsonb',
  },
}

/** A value as the database's library takes it. */
function bound(value: unknown, type: CellType, kind: SqlAddress['kind']): unknown {
  if (value === undefined || value === null) return null
  if (type === 'json') return JSON.stringify(value)
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (kind !== 'sqlite') return value
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'boolean' ? Number(value) : value
}
