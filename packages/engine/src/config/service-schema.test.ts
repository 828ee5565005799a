import { describe, expect, test } from 'vitest'

import type { Catalog } from '../catalog/entry.ts'
import { confFolder } from './fixture/conf-folder.ts'

const { load } = confFolder()

async function catalogOf(yaml: string): Promise<Catalog> {
  const credentials = 'db: { con: "sqlite:///a.db" }\n'
  return (await load({ 'base/catalog.yml': yaml, 'base/credentials.yml': credentials })).catalog
}

describe('entries of services', () => {
  test('are tables, queries and answers, without a path', async () => {
    const catalog = await catalogOf(`
shuttles:
  type: pandas.SQLTableDataset
  table_name: shuttles
  credentials: db
  load_args: { schema: raw }
  save_args: { if_exists: append }
recent: { type: sql, sql: select 1, credentials: db }
sums: { type: duckdb, sql: select 1, files: { days: data/days.csv } }
rates: { type: api.APIDataset, url: 'https://example.org/rates', load_args: { timeout: 5 } }
`)
    const bare = { filepath: null, versioned: false }
    expect(catalog).toEqual({
      shuttles: {
        ...bare,
        type: 'sql',
        settings: { table_name: 'shuttles' },
        credentials: 'db',
        loadArgs: { schema: 'raw' },
        saveArgs: { if_exists: 'append' },
      },
      recent: { ...bare, type: 'sql', settings: { sql: 'select 1' }, credentials: 'db' },
      sums: {
        ...bare,
        type: 'duckdb',
        settings: { sql: 'select 1', files: { days: 'data/days.csv' } },
      },
      rates: {
        ...bare,
        type: 'api',
        settings: { url: 'https://example.org/rates' },
        loadArgs: { timeout: 5 },
      },
    })
  })

  test('take a query from a file', async () => {
    const { recent } = await catalogOf(
      'recent: { type: sql, filepath: recent.sql, credentials: db }\n',
    )
    expect(recent).toMatchObject({ type: 'sql', filepath: 'recent.sql', settings: {} })
  })

  test('name a key that they do not have, and the nearest', async () => {
    await expect(catalogOf('shuttles: { type: sql, tabel_name: a }\n')).rejects.toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      hint: expect.stringContaining('table_name'),
    })
  })
})
