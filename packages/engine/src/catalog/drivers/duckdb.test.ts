import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { table } from '../../definition/dataset.ts'
import type { ServicePlace } from '../driver.ts'
import type { CatalogEntry } from '../entry.ts'
import { duckdb } from './duckdb.ts'
import { parquet } from './parquet.ts'

const days = table('days', z.object({ city: z.string(), wind: z.number() }))
const sums = table('sums', z.object({ city: z.string(), days: z.int(), wind: z.number() }))

const files = { days: 'days.parquet', names: '*.csv' }

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-duckdb-'))
  const rows = [
    { city: 'Oslo', wind: 1 },
    { city: 'Oslo', wind: 2 },
    { city: 'Rome', wind: 4 },
  ]
  await writeFile(join(root, 'days.parquet'), await parquet.encode(rows, days))
  await writeFile(join(root, 'names.csv'), 'city,country\nOslo,Norway\nRome,Italy\n')
})
afterAll(async () => await rm(root, { recursive: true }))

function place(sql: string, entry: Partial<CatalogEntry> = {}): ServicePlace {
  const opened = duckdb.place?.({
    dataset: 'sums',
    entry: { type: 'duckdb', filepath: null, versioned: false, settings: { sql, files }, ...entry },
    root,
  })
  if (opened === undefined) throw new Error('The type duckdb is a service.')
  return opened
}

describe('a query of DuckDB', () => {
  test('joins files of the project, with its params bound', async () => {
    const sql = `select country as city, count(*) as days, sum(wind) as wind from days
      join names using (city) where wind < $most group by all order by all`
    const asked = place(sql, { loadArgs: { params: { most: 4 } } })
    expect(await asked.read(sums)).toEqual([{ city: 'Norway', days: 2, wind: 3 }])
    expect(asked.writer).toBeUndefined()
  })

  test.each([
    ['a file outside the project', "select * from '/etc/passwd'"],
    ['a path that leaves the project', "select * from read_text('../outside.txt')"],
    ['a relative path, which would depend on who runs it', "select * from 'days.parquet'"],
    ['the network', "select * from 'https://example.org/days.parquet'"],
    ['an extension', 'install httpfs'],
    ['a file that it would write', "copy (select 1) to '/tmp/pipewright-written.csv'"],
    ['its own settings', 'set enable_external_access = true'],
  ])('does not reach %s', async (_, sql) => {
    await expect(place(sql).read(sums)).rejects.toMatchObject({ code: 'DATASET_NOT_READABLE' })
  })

  test.each([['../outside.csv'], ['/etc/passwd'], ['no-such.csv']])(
    'has no file %s',
    async (path) => {
      const asked = place('', { settings: { sql: 'select * from x', files: { x: path } } })
      await expect(asked.read(sums)).rejects.toMatchObject({ code: 'DATASET_NOT_READABLE' })
    },
  )

  test('says what is wrong with it', async () => {
    await expect(place('select nothing from nowhere').read(sums)).rejects.toMatchObject({
      code: 'DATASET_NOT_READABLE',
      message: expect.stringContaining('nowhere'),
    })
    expect(() => place('select 1', { settings: {} })).toThrow('there is no query')
  })
})
