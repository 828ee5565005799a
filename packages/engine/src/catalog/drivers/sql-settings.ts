import * as z from 'zod'

import { driverSettings, unheeded } from '../driver-settings.ts'
import type { ServiceEntry } from '../driver.ts'
import { settingInvalid } from './setting-invalid.ts'

const Settings = z.strictObject({
  table_name: z.string().min(1).max(200).optional(),
  sql: z.string().min(1).optional(),
  /** The address of a database that needs no password. Others stand in `credentials.yml`. */
  con: z.string().min(1).optional(),
})
const LoadArgs = z.strictObject({
  schema: z.string().min(1).nullish(),
  columns: z.array(z.string()).optional(),
  params: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
  index_col: unheeded,
  parse_dates: unheeded,
  coerce_float: unheeded,
})
const SaveArgs = z.strictObject({
  schema: z.string().min(1).nullish(),
  if_exists: z.enum(['replace', 'append'], 'Expected replace or append').optional(),
  index: z.literal(false, 'Rows have no index').optional(),
  chunksize: unheeded,
  method: unheeded,
  dtype: unheeded,
})

/** What an entry of the type sql says. */
export interface SqlSettings {
  readonly what:
    | { readonly kind: 'table'; readonly table: string }
    | { readonly kind: 'query'; readonly sql: string }
    | { readonly kind: 'file'; readonly filepath: string }
  /** Address of the database; undefined when the credentials have it. */
  readonly con: string | undefined
  readonly schema: string | undefined
  readonly columns: readonly string[] | undefined
  readonly params: Readonly<Record<string, unknown>> | readonly unknown[] | undefined
  readonly saveSchema: string | undefined
  readonly appends: boolean
}

/** @throws ConfigError `DATASET_SETTING_INVALID` */
export function sqlSettings(service: ServiceEntry): SqlSettings {
  const { entry } = service
  const given = driverSettings(Settings, entry.settings, 'settings of a sql dataset')
  const load = driverSettings(LoadArgs, entry.loadArgs, 'load_args of a sql dataset')
  const save = driverSettings(SaveArgs, entry.saveArgs, 'save_args of a sql dataset')
  assertConnection(service, given.con)
  return {
    what: whatOf(service, given),
    con: given.con,
    schema: load.schema ?? undefined,
    columns: load.columns,
    params: load.params,
    saveSchema: save.schema ?? load.schema ?? undefined,
    appends: save.if_exists === 'append',
  }
}

function whatOf(
  { dataset, entry }: ServiceEntry,
  { table_name: table, sql }: z.output<typeof Settings>,
): SqlSettings['what'] {
  const filepath = entry.filepath ?? undefined
  if ([table, sql, filepath].filter((one) => one !== undefined).length !== 1) {
    throw settingInvalid(
      dataset,
      'one of table_name, sql and filepath is needed, and only one',
      'Name a table, or write a query.',
    )
  }
  if (table !== undefined) return { kind: 'table', table }
  return sql === undefined ? { kind: 'file', filepath: filepath ?? '' } : { kind: 'query', sql }
}

function assertConnection({ dataset, entry }: ServiceEntry, con: string | undefined): void {
  if (con !== undefined && /:\/\/[^/@]*:[^/@]*@/.test(con)) {
    throw settingInvalid(
      dataset,
      'con holds a password',
      'Put the address into credentials.yml, under the key that `credentials` names, as con.',
    )
  }
  if (con !== undefined || entry.credentials !== undefined) return
  throw settingInvalid(
    dataset,
    'neither credentials nor con say which database',
    'Put its address into credentials.yml as con, and name that entry in credentials.',
  )
}
