import { readFile } from 'node:fs/promises'

import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError, PipewrightError } from '../../errors.ts'
import type { Driver, ServiceEntry, ServicePlace } from '../driver.ts'
import { localPathOf } from '../open-storage.ts'
import { openDatabase, type Database } from './open-database.ts'
import { parquetHead } from './parquet-head.ts'
import { parquet } from './parquet.ts'
import { publishTable } from './publish-table.ts'
import { settingInvalid } from './setting-invalid.ts'
import { sqlAddress, type SqlAddress } from './sql-address.ts'
import { readQuery, readTable } from './sql-read.ts'
import { sqlSettings, type SqlSettings } from './sql-settings.ts'

/**
 * A table or a query of SQLite or PostgreSQL. What a node makes is kept as Parquet with the run, and written to the table when
 * it is committed: once, however often that has to be tried.
 */
export const sql: Driver = {
  name: 'sql',
  extension: parquet.extension,
  mediaType: parquet.mediaType,
  text: false,
  encode: (value, dataset) => parquet.encode(value, dataset),
  decode: (bytes, dataset, where) => parquet.decode(bytes, dataset, where),
  head: parquetHead,
  place: sqlPlace,
}

function sqlPlace(service: ServiceEntry): ServicePlace {
  const settings = sqlSettings(service)
  const { what, appends, saveSchema } = settings
  const place = new SqlPlace(service, settings)
  const name = what.kind === 'table' ? what.table : 'a query'
  const address = `${place.shown} ${saveSchema === undefined ? name : `${saveSchema}.${name}`}`
  return {
    address,
    read: async (dataset) => await place.read(dataset),
    ...(what.kind === 'table' && {
      writer: {
        appends,
        write: async (bytes: Uint8Array, key: string) =>
          await place.write(async (database, kind) => {
            const target = { kind, schema: saveSchema, table: what.table }
            await publishTable(database, target, bytes, { key, appends })
          }),
      },
    }),
  }
}

/** Connects for each use: a worker has many datasets, and a database few connections. */
class SqlPlace {
  readonly #service: ServiceEntry
  readonly #settings: SqlSettings

  constructor(service: ServiceEntry, settings: SqlSettings) {
    this.#service = service
    this.#settings = settings
  }

  /** Where it lies, without asking for credentials. */
  get shown(): string {
    const { con } = this.#settings
    if (con === undefined) return `the database of '${this.#service.entry.credentials ?? ''}',`
    const address = sqlAddress(con, this.#service.root)
    return address === undefined ? 'a database,' : shownAddress(address)
  }

  async read(dataset: Dataset): Promise<unknown> {
    const { what, schema, columns, params } = this.#settings
    const query = what.kind === 'file' ? await this.#queryFile(what.filepath) : undefined
    return await this.#use('DATASET_NOT_READABLE', async (database) => {
      if (what.kind === 'table')
        return await readTable(database, { schema, table: what.table, columns }, dataset)
      const text = query ?? (what.kind === 'query' ? what.sql : '')
      return await readQuery(database, text, params, dataset)
    })
  }

  async write(
    work: (database: Database, kind: SqlAddress['kind']) => Promise<void>,
  ): Promise<void> {
    await this.#use('DATASET_NOT_WRITABLE', work)
  }

  async #use<T>(
    code: 'DATASET_NOT_READABLE' | 'DATASET_NOT_WRITABLE',
    work: (database: Database, kind: SqlAddress['kind']) => Promise<T>,
  ): Promise<T> {
    const address = this.#address()
    const database = await openDatabase(address)
    try {
      return await work(database, address.kind)
    } catch (error) {
      if (error instanceof PipewrightError) throw error
      throw this.#failed(code, error)
    } finally {
      await database.destroy()
    }
  }

  #address(): SqlAddress {
    const { con } = this.#settings
    const { credentials, root, dataset } = this.#service
    const given = con ?? conOf(credentials?.().reveal())
    const address = given === undefined ? undefined : sqlAddress(given, root)
    if (address !== undefined) return address
    throw settingInvalid(
      dataset,
      'there is no address of a database that is known',
      'Write con: postgresql://user:password@host/name into its entry of credentials.yml, or con: sqlite:///data/app.db.',
    )
  }

  async #queryFile(filepath: string): Promise<string> {
    const path = localPathOf(filepath, this.#service.root)
    try {
      return await readFile(path ?? filepath, 'utf8')
    } catch (error) {
      throw this.#failed('DATASET_NOT_READABLE', error)
    }
  }

  #failed(code: 'DATASET_NOT_READABLE' | 'DATASET_NOT_WRITABLE', cause: unknown): DatasetError {
    const { dataset } = this.#service
    const reason = cause instanceof Error ? cause.message : String(cause)
    const details = {
      dataset,
      hint: 'Check the table, the query and what this user of the database may do.',
      cause,
    }
    const verb = code === 'DATASET_NOT_READABLE' ? 'read from' : 'written to'
    const message = `Dataset '${dataset}' cannot be ${verb} ${this.shown} ${reason.slice(0, 500)}.`
    return code === 'DATASET_NOT_READABLE'
      ? new DatasetError('DATASET_NOT_READABLE', message, details)
      : new DatasetError('DATASET_NOT_WRITABLE', message, details)
  }
}

function conOf(credentials: unknown): string | undefined {
  if (typeof credentials === 'string') return credentials
  if (typeof credentials !== 'object' || credentials === null || !('con' in credentials))
    return undefined
  return typeof credentials.con === 'string' ? credentials.con : undefined
}

function shownAddress(address: SqlAddress): string {
  return address.kind === 'sqlite' ? `sqlite:///${address.file}` : address.shown
}
