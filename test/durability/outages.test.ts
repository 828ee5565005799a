import { setTimeout as delay } from 'node:timers/promises'

import { keys } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { redisProxy } from '../support/redis-proxy.ts'
import { sharedRedisUrl, startRedis } from '../support/redis.ts'
import { shape, workbench } from '../support/workbench.ts'

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, passed: promise }
}

describe('a worker whose Redis is away', () => {
  it('stops in time', async () => {
    const redis = await startRedis()
    onTestFinished(async () => redis.stop())
    const { pipeline } = shape('away', { only: [] })
    const bench = await workbench({ pipelines: [pipeline], url: redis.url })
    const worker = await bench.work({ reconcileEvery: 50 })
    await (await bench.client.enqueue(pipeline)).wait({ timeout: 10_000 })
    await redis.kill()
    // Long enough for the worker to be in the middle of everything that it does from time to time.
    await delay(1000)
    await expect(worker.stop({ grace: 100 })).resolves.toBeUndefined()
  })
})

describe('a reply of note that is lost', () => {
  it('tells of the start of a node once', async () => {
    const proxy = await redisProxy(sharedRedisUrl())
    onTestFinished(async () => proxy.close())
    const go = gate()
    const { pipeline } = shape('noted', { only: [] }, { only: async () => go.passed })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ redis: proxy.url, lease: 600_000 })
    proxy.cutReplies('note', 1)
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(() => proxy.cut, { timeout: 5000 }).toBe(1)
    await expect.poll(async () => bench.redis.hexists(keys.live(bench.prefix, run.id), '0')).toBe(1)
    const again = await bench.client.enqueue(pipeline)
    await expect
      .poll(async () => bench.redis.hexists(keys.live(bench.prefix, again.id), '0'), {
        timeout: 5000,
      })
      .toBe(1)
    go.open()
    await run.wait({ timeout: 10_000 })
    const events = await bench.events()
    expect(
      events.filter((event) => event.run === run.id && event.type === 'node_started'),
    ).toHaveLength(1)
  })
})
