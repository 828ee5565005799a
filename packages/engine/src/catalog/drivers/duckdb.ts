import { resolve } from 'node:path'

import * as z from 'zod'

import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError, PipewrightError } from '../../errors.ts'
import { driverSettings } from '../driver-settings.ts'
import type { Driver, ServiceEntry, ServicePlace } from '../driver.ts'
import { optionalPackage } from '../optional-package.ts'
import { parquet } from './parquet.ts'
import type { Row } from './row-names.ts'
import { settingInvalid } from './setting-invalid.ts'
import { convert } from './sql-read.ts'

const name = '@duckdb/node-api'
const Param = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Settings = z.strictObject({
  sql: z.string().min(1).optional(),
  /** Files of the project, by the names that the query has for them. */
  files: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'Expected a plain name'), z.string().min(1))
    .optional(),
})
const LoadArgs = z.strictObject({
  params: z.union([z.array(Param), z.record(z.string(), Param)]).optional(),
})
const SaveArgs = z.strictObject({})

/**
 * A query of DuckDB over files as a dataset: joins and sums of Parquet, CSV and JSON files of the project, of any size. It reads
 * files inside the project's folder, and nothing else: no other folder, no network, no extension that would have to be fetched.
 */
export const duckdb: Driver = {
  name: 'duckdb',
  extension: parquet.extension,
  mediaType: parquet.mediaType,
  text: false,
  encode: (_value, { name }: Dataset) => {
    throw new DatasetError(
      'DATASET_NOT_ENCODABLE',
      `Dataset '${name}' cannot be written: it is a query of DuckDB, which is only read.`,
      { dataset: name, hint: 'Give what a node makes the type parquet, and query its file.' },
    )
  },
  decode: (bytes, dataset, where) => parquet.decode(bytes, dataset, where),
  place: duckdbPlace,
}

function duckdbPlace({ dataset, entry, root }: ServiceEntry): ServicePlace {
  const { sql, files = {} } = driverSettings(
    Settings,
    entry.settings,
    'settings of a duckdb dataset',
  )
  const { params } = driverSettings(LoadArgs, entry.loadArgs, 'load_args of a duckdb dataset')
  driverSettings(SaveArgs, entry.saveArgs, 'save_args of a duckdb dataset')
  if (sql === undefined)
    throw settingInvalid(
      dataset,
      'there is no query',
      'Write it as sql: select … from days, and the files that it names in files.',
    )
  return {
    address: `duckdb: ${sql.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
    read: async (wanted) => convert(await query({ dataset, root, sql, files, params }), wanted),
  }
}

type Params = z.output<typeof LoadArgs>['params']

interface Query {
  readonly dataset: string
  readonly root: string
  readonly sql: string
  readonly files: Readonly<Record<string, string>>
  readonly params: Params
}

async function query({ dataset, root, sql, files, params }: Query): Promise<readonly Row[]> {
  const { DuckDBInstance } = await optionalPackage(
    name,
    'The type duckdb',
    async () => await import('@duckdb/node-api'),
  )
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    try {
      const connection = await instance.connect()
      // In this order: once access is off, what is allowed cannot be changed.
      await connection.run(`set allowed_directories = [${quoted(`${resolve(root)}/`)}]`)
      await connection.run('set enable_external_access = false')
      await connection.run('set lock_configuration = true')
      for (const [view, path] of Object.entries(files))
        await connection.run(`create view "${view}" as from ${quoted(resolve(root, path))}`)
      const reader = await connection.runAndReadAll(sql, params)
      return reader.getRowObjectsJS()
    } finally {
      instance.closeSync()
    }
  } catch (cause) {
    if (cause instanceof PipewrightError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DatasetError(
      'DATASET_NOT_READABLE',
      `Dataset '${dataset}' cannot be read by DuckDB: ${reason.slice(0, 500)}`,
      {
        dataset,
        hint: 'Check the query and its files. It reads inside the project’s folder only.',
        cause,
      },
    )
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
