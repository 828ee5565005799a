import { keys, Ledger } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { shape, workbench } from '../support/workbench.ts'

describe('the reconciler', () => {
  it('asks Redis about few of the nodes that wait in a long ready list', async () => {
    const graph = Object.fromEntries(Array.from({ length: 2500 }, (_, n) => [`root_${n}`, []]))
    const queue = { queue: 'nobody' }
    const settings = Object.fromEntries(Object.keys(graph).map((name) => [name, queue]))
    const { pipeline } = shape('still', graph, {}, settings)
    const canary = shape('canary', { only: [] }, {}, { only: { queue: 'gone' } })
    const bench = await workbench({ pipelines: [pipeline, canary.pipeline] })
    const mend = vi.spyOn(Ledger.prototype, 'mend')
    onTestFinished(() => mend.mockRestore())
    const run = await bench.client.enqueue(pipeline)
    const lost = await bench.client.enqueue(canary.pipeline)
    const waiting = `${keys.queuePrefix(bench.prefix)}:gone:wait`
    await bench.work({ reconcileEvery: 50 })
    // The canary is the younger run: when it is put back, the older one has been looked at.
    await bench.redis.del(waiting)
    await expect
      .poll(async () => bench.redis.lrange(waiting, 0, -1), { timeout: 20_000 })
      .toEqual([`${lost.id}/only/2`])
    const asked = mend.mock.calls.flatMap(([id, ready]) => (id === run.id ? [ready.length] : []))
    // Those in BullMQ's queue, up to the low-water mark of a client, and the head of the list.
    expect(asked[0]).toBe(17)
    expect(await bench.redis.llen(keys.ready(bench.prefix, run.id, 'nobody'))).toBe(2500 - 16)
  })
})

describe('cancel', () => {
  it('finds the retries of a run behind the timers of many others', async () => {
    const { pipeline } = shape(
      'behind',
      { only: [] },
      {
        only: () => {
          throw new Error('always')
        },
      },
      { only: { retries: 1, backoff: { delay: '1h', maxDelay: '1h', jitter: 0 } } },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const due = keys.due(bench.prefix)
    const soon = Date.now() + 600_000
    const others = Array.from({ length: 5000 }, (_, n) => [soon + n, `retry|other|q|${n}|2|1|1|n`])
    await bench.redis.zadd(due, ...others.flat())
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(async () => bench.redis.zcard(due)).toBe(5001)
    await run.cancel()
    expect((await run.get()).status).toBe('cancelled')
    expect(await bench.redis.zcard(due)).toBe(5000)
  })

  it('ends a run of any width without a worker', async () => {
    const graph = Object.fromEntries(Array.from({ length: 6000 }, (_, n) => [`root_${n}`, []]))
    const { pipeline } = shape('unserved', graph)
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    expect(await run.cancel()).toBe('cancelling')
    expect(await run.get()).toMatchObject({ status: 'cancelled', finished: 6000 })
    expect(await run.cancel()).toBe('ended')
    expect(await bench.redis.llen(keys.readyRuns(bench.prefix, 'default'))).toBe(0)
  })
})

describe('a client that follows the backlog of its run', () => {
  it('takes no publication from the workers', async () => {
    const graph = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`root_${n}`, []]))
    const { pipeline } = shape('wide', graph)
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.redis.zadd(keys.due(bench.prefix), 1, 'publish|run|0|data')
    await bench.client.enqueue(pipeline)
    expect(await bench.redis.zscore(keys.due(bench.prefix), 'publish|run|0|data')).toBe('1')
    expect((await bench.ledger.advance(true)).publications).toEqual(['run|0|data'])
  })
})
