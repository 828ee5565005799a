import type { Dialect, Kysely, SqliteDatabase, SqliteStatement } from 'kysely'

import { optionalPackage } from '../optional-package.ts'
import type { SqlAddress } from './sql-address.ts'

/** Tables and columns are known at run time only. */
export type Database = Kysely<Readonly<Record<string, Readonly<Record<string, unknown>>>>>

const user = 'The type sql'

/** Connects at the first statement. @throws ConfigError `PACKAGE_MISSING` */
export async function openDatabase(address: SqlAddress): Promise<Database> {
  const { Kysely } = await openKysely()
  const dialect =
    address.kind === 'sqlite' ? await sqlite(address.file) : await postgres(address.url)
  return new Kysely({ dialect })
}

export async function openKysely(): Promise<typeof import('kysely')> {
  return await optionalPackage('kysely', user, async () => await import('kysely'))
}

async function sqlite(file: string): Promise<Dialect> {
  const { SqliteDialect } = await openKysely()
  // Not before it is needed: while it is new it warns when it is loaded.
  const { DatabaseSync } = await import('node:sqlite')
  const open = async (): Promise<SqliteDatabase> => {
    const database = new DatabaseSync(file, { timeout: 10_000 })
    return await Promise.resolve({
      close: () => database.close(),
      prepare: (sql: string): SqliteStatement => {
        const statement = database.prepare(sql)
        // Whole numbers above 2^53 would throw.
        statement.setReadBigInts(true)
        const { length } = statement.columns()
        return {
          reader: length > 0,
          // Kysely's parameters are what the statement binds: texts, numbers, bigints, bytes and null.
          all: (parameters) => statement.all(...(parameters as readonly string[])),
          run: (parameters) => statement.run(...(parameters as readonly string[])),
          iterate: (parameters) => statement.iterate(...(parameters as readonly string[])),
        }
      },
    })
  }
  return new SqliteDialect({ database: open })
}

/** Numbers of types in PostgreSQL. */
const int8 = 20
const date = 1082
const timestamp = 1114

type TypeId = Parameters<(typeof import('pg'))['types']['getTypeParser']>[0]

async function postgres(url: string): Promise<Dialect> {
  const { PostgresDialect } = await openKysely()
  const { default: pg } = await optionalPackage(
    'pg',
    user,
    async () => await import('pg'),
    'kysely pg',
  )
  const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<
    number,
    (text: string) => unknown
  >([
    [int8, BigInt],
    // Its own parsers take times without a zone for those of the machine that reads them.
    [date, (text) => new Date(`${text}T00:00:00Z`)],
    [timestamp, (text) => new Date(`${text.replace(' ', 'T')}Z`)],
  ])
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: 10_000,
    types: {
      getTypeParser: (type: TypeId, format?: 'text' | 'binary') =>
        parsers.get(type) ?? pg.types.getTypeParser(type, format),
    },
  })
  // A connection that breaks while nothing is asked of it would end the process; the next statement tells of it.
  pool.on('error', () => undefined)
  return new PostgresDialect({ pool })
}
