import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { node, pipeline, stream, table } from '@pipewright/engine'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { workbench } from '../support/workbench.ts'

const Row = z.object({ city: z.string(), wind: z.number() })
const raw = stream('raw', Row)
const windy = stream('windy', Row)
const windyTable = table('windy', Row)
const log = table('log', z.object({ city: z.string(), rows: z.int() }))
const copy = table('copy', z.object({ city: z.string(), rows: z.int() }))

const filter = node({
  name: 'filter',
  inputs: { raw },
  outputs: { windy },
  run: ({ raw }) => ({ windy: strong(raw) }),
})
const count = node({
  name: 'count',
  inputs: { windy: windyTable },
  outputs: { log },
  run({ windy }) {
    const cities = Map.groupBy(windy, ({ city }) => city)
    return { log: [...cities].map(([city, rows]) => ({ city, rows: rows.length })) }
  },
})
const read = node({
  name: 'read',
  inputs: { log },
  outputs: { copy },
  run: ({ log }) => ({ copy: log }),
})

const file = (type: string, filepath: string) => ({ type, filepath, versioned: false })
const winds = pipeline('winds', [filter, count, read])

async function* strong(
  rows: AsyncIterable<z.output<typeof Row>>,
): AsyncGenerator<z.output<typeof Row>> {
  for await (const row of rows) if (row.wind > 5) yield row
}

describe('datasets of a run on a worker', () => {
  it('pass as a stream from csv to parquet, as a table from there, and are appended to a database once a run', async () => {
    const bench = await workbench({
      pipelines: [winds],
      catalog: {
        raw: { ...file('csv', 'data/raw.csv'), loadArgs: { sep: ';' } },
        windy: file('parquet', 'data/windy.parquet'),
        log: {
          type: 'sql',
          filepath: null,
          versioned: false,
          settings: { table_name: 'log', con: 'sqlite:///data/winds.db' },
          saveArgs: { if_exists: 'append' },
        },
      },
    })
    await mkdir(join(bench.root, 'data'))
    const lines = Array.from(
      { length: 3000 },
      (_, index) => `${index % 3 ? 'Oslo' : 'Rome'};${index % 10}`,
    )
    await writeFile(join(bench.root, 'data/raw.csv'), `city;wind\n${lines.join('\n')}\n`)
    await bench.work()
    const runs = [await bench.client.enqueue(winds), await bench.client.enqueue(winds)]
    for (const run of runs)
      expect(await run.wait({ timeout: 30_000 })).toMatchObject({ status: 'succeeded' })
    expect((await readFile(join(bench.root, 'data/windy.parquet'))).subarray(0, 4).toString()).toBe(
      'PAR1',
    )
    const database = new DatabaseSync(join(bench.root, 'data/winds.db'))
    const found = database.prepare(
      'select city, sum(rows) as rows from log group by city order by city',
    )
    expect(JSON.parse(JSON.stringify(found.all()))).toEqual([
      { city: 'Oslo', rows: 1600 },
      { city: 'Rome', rows: 800 },
    ])
    database.close()
  })
})
