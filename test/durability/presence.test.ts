import { keys, readWorkers, type KnownWorker } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { shape, workbench, type Workbench } from '../support/workbench.ts'

async function workersOf(bench: Workbench): Promise<readonly KnownWorker[]> {
  return (await readWorkers(bench.redis, bench.prefix)).workers
}

describe('a worker', () => {
  it('tells its queues and what it runs, and is forgotten when it stops', async () => {
    const held = Promise.withResolvers<undefined>()
    const { pipeline } = shape('held', { a: [] }, { a: async () => held.promise })
    const bench = await workbench({ pipelines: [pipeline] })
    const worker = await bench.work({
      name: 'w',
      queues: ['default', 'gpu'],
      concurrency: 3,
      queueConcurrency: { gpu: 1 },
    })
    await expect.poll(async () => workersOf(bench)).toMatchObject([{ name: 'w', lost: false }])
    await bench.client.enqueue(pipeline)
    const served = async (): Promise<unknown> => (await workersOf(bench))[0]?.queues
    await expect.poll(served, { timeout: 10_000 }).toMatchObject([
      { name: 'default', concurrency: 3, running: 1 },
      { name: 'gpu', concurrency: 1, running: 0 },
    ])
    held.resolve(undefined)
    await worker.stop()
    expect(await workersOf(bench)).toEqual([])
    expect(await bench.redis.keys(`${bench.prefix}:worker*`)).toEqual([])
  })

  it('does not hide another one of the same name', async () => {
    const bench = await workbench({ pipelines: [] })
    await Promise.all([bench.work({ name: 'twin' }), bench.work({ name: 'twin' })])
    await expect
      .poll(async () => (await workersOf(bench)).map(({ name }) => name))
      .toEqual(['twin', 'twin'])
  })

  it('counts as lost without a beat for 10 s, and is forgotten after an hour', async () => {
    const bench = await workbench({ pipelines: [] })
    await bench.work({ name: 'silent' })
    await expect.poll(async () => workersOf(bench)).toHaveLength(1)
    const [known] = await workersOf(bench)
    const id = known?.id ?? ''
    const ghost = { ...known, id: 'ghost', name: 'ghost' }
    await bench.redis.set(keys.worker(bench.prefix, 'ghost'), JSON.stringify(ghost))
    await bench.redis.zadd(keys.workers(bench.prefix), (known?.beatAt ?? 0) - 20_000, 'ghost')
    expect(await workersOf(bench)).toMatchObject([
      { name: 'ghost', lost: true },
      { id, lost: false },
    ])
    await bench.redis.zadd(keys.workers(bench.prefix), (known?.beatAt ?? 0) - 3_700_000, 'ghost')
    // Each worker sweeps at its first beat.
    await bench.work({ name: 'sweeper' })
    await expect
      .poll(async () => bench.redis.zscore(keys.workers(bench.prefix), 'ghost'))
      .toBeNull()
  })
})
