import * as z from 'zod'

import type { CatalogEntry } from '../catalog/entry.ts'

const args = z.record(z.string(), z.unknown()).nullish()
const common = {
  type: z.string(),
  credentials: z.string().min(1).nullish(),
  load_args: args,
  save_args: args,
  validate: z.enum(['full', 'sample', 'off']).nullish(),
  metadata: z.unknown().optional(),
}
/** Keys of Kedro that steer Python's libraries. They are taken, so that a catalog can be brought along. */
const unheeded = z.unknown().optional()
const text = z.string().min(1).nullish()

interface Read {
  readonly type: string
  readonly credentials?: string | null | undefined
  readonly load_args?: Readonly<Record<string, unknown>> | null | undefined
  readonly save_args?: Readonly<Record<string, unknown>> | null | undefined
  readonly validate?: CatalogEntry['validate'] | null
  readonly metadata?: unknown
}

/** An entry of a dataset that is no file: its own keys are checked by its driver, beside what they mean to each other. */
function entry(
  type: string,
  read: Read,
  settings: Readonly<Record<string, unknown>>,
  filepath: string | null = null,
): CatalogEntry {
  const given = Object.entries(settings).filter(
    ([, value]) => value !== undefined && value !== null,
  )
  return {
    type,
    filepath,
    versioned: false,
    settings: Object.fromEntries(given),
    ...(read.metadata !== undefined && { metadata: read.metadata }),
    ...(read.load_args && { loadArgs: read.load_args }),
    ...(read.save_args && { saveArgs: read.save_args }),
    ...(read.credentials && { credentials: read.credentials }),
    ...(read.validate && { validate: read.validate }),
  }
}

const sql: z.ZodType<CatalogEntry> = z
  .strictObject({
    ...common,
    table_name: text,
    sql: text,
    filepath: text,
    con: text,
    execution_options: unheeded,
    fs_args: unheeded,
  })
  .transform(({ table_name, sql, filepath, con, ...read }) =>
    entry('sql', read, { table_name, sql, con }, filepath ?? null),
  )

const duckdb: z.ZodType<CatalogEntry> = z
  .strictObject({ ...common, sql: text, files: z.record(z.string(), z.string()).nullish() })
  .transform(({ sql, files, ...read }) => entry('duckdb', read, { sql, files }))

const api: z.ZodType<CatalogEntry> = z
  .strictObject({ ...common, url: text, method: text })
  .transform(({ url, method, ...read }) => entry('api', read, { url, method }))

/** Settings of the entries of services, by their type. */
export function serviceEntrySchemas(): ReadonlyMap<string, z.ZodType<CatalogEntry>> {
  return new Map([
    ['sql', sql],
    ['pandas.SQLTableDataset', sql],
    ['pandas.SQLQueryDataset', sql],
    ['duckdb', duckdb],
    ['api', api],
    ['api.APIDataset', api],
  ])
}
