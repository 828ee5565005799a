import { keys } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { countOf, shape, workbench } from '../support/workbench.ts'

/** One root, `width` nodes that read it, one node that reads them all. */
function fan(width: number): Record<string, string[]> {
  const middle = Array.from({ length: width }, (_, index) => `m${index}`)
  return { root: [], ...Object.fromEntries(middle.map((name) => [name, ['root']])), all: middle }
}

describe('a large run', () => {
  it('fans out over chunks of edges and ready lists, and in again, each node once', async () => {
    const width = 1500
    const { pipeline, calls } = shape('wide', fan(width))
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ concurrency: 32 })
    const run = await bench.client.enqueue(pipeline)
    expect(await run.wait({ timeout: 50_000 })).toMatchObject({
      status: 'succeeded',
      finished: width + 2,
    })
    expect(new Set(Object.values(calls))).toEqual(new Set([1]))
    expect(await countOf(run, 'all')).toBe(2 * width + 1)
    expect(await bench.redis.llen(keys.backlog(bench.prefix))).toBe(0)
    expect(await bench.redis.exists(keys.readyRuns(bench.prefix, 'default'))).toBe(0)
  })

  it('whose root fails skips all of it, chunk by chunk', async () => {
    const width = 1500
    const { pipeline, calls } = shape('doomed', fan(width), {
      root: () => {
        throw new Error('no')
      },
    })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect(await run.wait({ timeout: 50_000 })).toMatchObject({
      status: 'failed',
      finished: width + 2,
    })
    expect(calls).toEqual({ root: 1 })
    const events = await bench.events()
    const skipped = events.flatMap((event) =>
      event.type === 'node_finished' && event.status === 'skipped' ? [event.node] : [],
    )
    expect(new Set(skipped).size).toBe(width + 1)
    expect(skipped).toHaveLength(width + 1)
  })

  it('does not hold up a small one that comes later', async () => {
    const wide = shape('wide', fan(600))
    const small = shape('small', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [wide.pipeline, small.pipeline] })
    const first = await bench.client.enqueue(wide.pipeline)
    await bench.work({ concurrency: 4 })
    await expect.poll(async () => (await first.get()).finished, { interval: 2 }).toBeGreaterThan(0)
    const second = await bench.client.enqueue(small.pipeline)
    await second.wait({ timeout: 50_000 })
    const ended = (await first.get()).finished
    expect((await first.wait({ timeout: 50_000 })).status).toBe('succeeded')
    expect(ended).toBeLessThan(600)
  })

  it('can be cancelled while most of it waits', async () => {
    const { pipeline, calls } = shape('cancelled', fan(1000), {
      m3: async () => new Promise((resolve) => setTimeout(resolve, 20)),
    })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ concurrency: 2 })
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(async () => (await run.get()).finished, { interval: 1 }).toBeGreaterThan(2)
    expect(await run.cancel()).toBe('cancelling')
    expect(await run.wait({ timeout: 50_000 })).toMatchObject({
      status: 'cancelled',
      finished: 1002,
    })
    expect(calls['all']).toBeUndefined()
    expect(await run.cancel()).toBe('ended')
    expect(await bench.redis.llen(`${keys.queuePrefix(bench.prefix)}:default:wait`)).toBe(0)
  })

  it('is cancelled without any worker', async () => {
    const { pipeline } = shape(
      'unserved',
      { ...fan(700), lone: [] },
      {},
      { lone: { queue: 'gpu' } },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    await run.cancel()
    for (let left = 1; left > 0;) left = (await bench.ledger.advance()).backlog
    expect(await run.get()).toMatchObject({ status: 'cancelled', finished: 703 })
  })
})
