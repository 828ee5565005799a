import { connect } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { shape, workbench } from '../support/workbench.ts'

describe('a thousand enqueues at once', () => {
  it('with a hundred keys, by two clients, make a hundred runs', async () => {
    const { pipeline } = shape('keyed', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [pipeline] })
    const other = await connect({ redis: bench.url, prefix: bench.prefix })
    onTestFinished(async () => other.close())
    const runs = await Promise.all(
      Array.from({ length: 1000 }, async (_, at) => {
        const client = at % 2 === 0 ? bench.client : other
        return client.enqueue(pipeline, { key: `key-${at % 100}` })
      }),
    )
    const ids = new Set(runs.map(({ id }) => id))
    expect(ids.size).toBe(100)
    for (const [at, run] of runs.entries()) expect(run.id).toBe(runs[at % 100]?.id)
    const known = await bench.redis.zrange(keys.activeRuns(bench.prefix), '0', '-1')
    expect(new Set(known)).toEqual(ids)
    const told = (await bench.events()).map(({ type, run }) => `${type} ${run}`)
    expect(told.toSorted()).toEqual([...ids].map((id) => `run_created ${id}`).toSorted())
  })
})

describe('twenty workers', () => {
  it('run all nodes of several runs, each once', { timeout: 60_000 }, async () => {
    const width = 60
    const middle = Array.from({ length: width }, (_, at) => `m${at}`)
    const graph = {
      root: [],
      ...Object.fromEntries(middle.map((name) => [name, ['root']])),
      all: middle,
    }
    const shapes = ['one', 'two', 'three'].map((name) => shape(name, graph))
    const bench = await workbench({ pipelines: shapes.map(({ pipeline }) => pipeline) })
    await Promise.all(Array.from({ length: 20 }, async () => bench.work({ concurrency: 2 })))
    const runs = await Promise.all(
      shapes.map(async ({ pipeline }) => bench.client.enqueue(pipeline)),
    )
    for (const run of runs) {
      const ended = await run.wait({ timeout: 50_000 })
      expect(ended).toMatchObject({ status: 'succeeded', finished: width + 2 })
    }
    for (const { calls } of shapes) {
      expect(Object.keys(calls)).toHaveLength(width + 2)
      expect(new Set(Object.values(calls))).toEqual(new Set([1]))
    }
  })
})
