import { join } from 'node:path'

import { dataset, node, pipeline, table } from '@pipewright/engine'
import { openResults } from '@pipewright/engine/results'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { workbench } from '../support/workbench.ts'

const moment = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})
const days = table('days', z.object({ day: moment, wind: z.number() }))
const total = dataset('total', z.number())
const large = dataset('large', z.array(z.number()))

const make = node({
  name: 'make',
  inputs: {},
  outputs: { days, large },
  isolation: 'inline',
  run: () => ({
    days: [{ day: new Date(0), wind: 3 }],
    large: Array.from({ length: 5000 }, (_, at) => at),
  }),
})
const add = node({
  name: 'add',
  inputs: { large },
  outputs: { total },
  params: { fails: z.boolean().default(false) },
  isolation: 'inline',
  run({ large: numbers }, { params }) {
    if (params.fails) throw new Error('no sum today')
    return { total: numbers.reduce((sum, each) => sum + each, 0) }
  },
})
const adding = pipeline('adding', [make, add])

describe('results of a run', () => {
  it('are loaded as their schemas have them, from the ledger and from the store', async () => {
    const bench = await workbench({ pipelines: [adding] })
    const results = openResults({ store: 'store', root: bench.root })
    const run = await bench.client.enqueue(adding)
    await expect(results.output(run, total)).rejects.toMatchObject({ code: 'OUTPUT_NOT_MADE' })
    await bench.work()
    const expected = { days: [{ day: new Date(0), wind: 3 }], total: 12_497_500 }
    expect(await results.result(run, adding, { timeout: 20_000 })).toEqual(expected)
    expect(await results.output(run, large)).toHaveLength(5000)
    expect(await results.result(run)).toEqual({
      days: [{ day: '1970-01-01T00:00:00.000Z', wind: 3 }],
      total: 12_497_500,
    })
    const untyped = await bench.client.run(run.id)
    await expect(results.output(untyped, 'totl')).rejects.toMatchObject({
      code: 'UNKNOWN_DATASET',
      hint: 'Did you mean "total"?',
    })
  })

  it('that are small need no store, and those of another store are not found', async () => {
    const bench = await workbench({ pipelines: [adding] })
    await bench.work()
    const run = await bench.client.enqueue(adding)
    await run.wait()
    const elsewhere = openResults({ store: join(bench.root, 'another') })
    expect(await elsewhere.output(run, total)).toBe(12_497_500)
    await expect(elsewhere.output(run, large)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
  })

  it('are an error when it failed, but for what its other nodes have made', async () => {
    const bench = await workbench({ pipelines: [adding] })
    const results = openResults({ store: 'store', root: bench.root })
    await bench.work()
    const run = await bench.client.enqueue(adding, { params: { add: { fails: true } } })
    await expect(results.result(run, adding)).rejects.toMatchObject({
      code: 'RUN_FAILED',
      message: expect.stringContaining('no sum today'),
    })
    expect(await results.output(run, large)).toHaveLength(5000)
  })
})
