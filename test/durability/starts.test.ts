import { setTimeout as delay } from 'node:timers/promises'

import { keys } from '@pipewright/engine/internal'
import { describe, expect, it, vi } from 'vitest'

import { countOf, shape, workbench } from '../support/workbench.ts'

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, passed: promise }
}

describe('a claim that Redis has forgotten', () => {
  it.each(['first', 'second'])(
    'leaves one outcome and one event, whichever attempt ends first: the %s',
    async (winner) => {
      const started = [gate(), gate()]
      const go = [gate(), gate()]
      const hold = gate()
      const { pipeline, calls } = shape(
        'forgotten',
        { only: [], next: ['only'], hold: [] },
        {
          async only(call) {
            started[call - 1]?.open()
            await go[call - 1]?.passed
          },
          async hold() {
            await hold.passed
          },
        },
        { hold: { queue: 'other' } },
      )
      const bench = await workbench({ pipelines: [pipeline] })
      const first = await bench.work({
        name: 'first',
        lease: 600_000,
        checkEvery: 600_000,
        concurrency: 1,
      })
      const run = await bench.client.enqueue(pipeline)
      await started[0]?.passed
      // What a server that lost its last second, or a replica that lagged, knows: the job waits, and never started.
      const prefix = `${keys.queuePrefix(bench.prefix)}:default`
      const job = `${run.id}/only/1`
      await bench.redis
        .multi()
        .hdel(`${prefix}:${job}`, 'ats', 'processedOn', 'pb')
        .del(`${prefix}:${job}:lock`)
        .lrem(`${prefix}:active`, 0, job)
        .lpush(`${prefix}:wait`, job)
        .zadd(`${prefix}:marker`, 0, '0')
        .exec()
      await bench.work({ name: 'second', lease: 600_000, checkEvery: 600_000, concurrency: 1 })
      await started[1]?.passed
      const finished = async (): Promise<number> =>
        bench.redis.hlen(keys.nodes(bench.prefix, run.id))
      if (winner === 'first') {
        go[0]?.open()
        // It has been refused when it has gone on to other work.
        await first.stop()
        go[1]?.open()
      } else {
        go[1]?.open()
        await vi.waitUntil(async () => (await finished()) === 2)
        go[0]?.open()
        await first.stop()
      }
      await bench.work({ name: 'third', queues: ['other'] })
      hold.open()
      expect((await run.wait({ timeout: 10_000 })).status).toBe('succeeded')
      const only = (await run.nodes()).find(({ node }) => node === 'only')
      expect(only?.worker).toBe('second')
      expect(calls).toEqual({ only: 2, next: 1, hold: 1 })
      expect(await countOf(run, 'next')).toBe(2)
      const events = (await bench.events()).flatMap((event) =>
        event.type === 'node_finished' ? [event] : [],
      )
      expect(events.map((event) => event.node)).toEqual(['only', 'next', 'hold'])
      expect(await bench.redis.llen(`${prefix}:active`)).toBe(0)
    },
  )
})

describe('a worker that is given a job that it runs', () => {
  it('keeps one attempt of the node run, whose lease is renewed', async () => {
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'again',
      { only: [], next: ['only'] },
      {
        async only(call) {
          if (call === 1) {
            started.open()
            await go.passed
            return
          }
          // The end of the first attempt must not end the lease of this one.
          go.open()
          await delay(1500)
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ lease: 400, checkEvery: 50, concurrency: 4, reconcileEvery: 600_000 })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    const prefix = `${keys.queuePrefix(bench.prefix)}:default`
    const job = `${run.id}/only/1`
    // As the check for lost workers does.
    await bench.redis
      .multi()
      .del(`${prefix}:${job}:lock`)
      .lrem(`${prefix}:active`, 0, job)
      .lpush(`${prefix}:wait`, job)
      .zadd(`${prefix}:marker`, 0, '0')
      .exec()
    expect((await run.wait({ timeout: 10_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 2, next: 1 })
    const events = await bench.events()
    expect(events.filter(({ type }) => type === 'node_lost')).toEqual([])
    expect(events.filter(({ type }) => type === 'node_finished')).toHaveLength(2)
  })
})

describe('a lease that ran out while its worker lived', () => {
  it('is taken again, also when the job was put back, so that the body runs once', async () => {
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'outage',
      { only: [], next: ['only'] },
      {
        async only() {
          started.open()
          await go.passed
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ lease: 1000, checkEvery: 600_000, reconcileEvery: 600_000 })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    const prefix = `${keys.queuePrefix(bench.prefix)}:default`
    const job = `${run.id}/only/1`
    const lock = `${prefix}:${job}:lock`
    const token = await bench.redis.get(lock)
    await bench.redis.del(lock)
    await expect.poll(async () => bench.redis.get(lock), { timeout: 5000 }).toBe(token)
    // Put back, as the check for lost workers does, and no other worker has room for it.
    await bench.redis.hset(`${prefix}:meta`, 'paused', '1')
    await bench.redis
      .multi()
      .del(lock)
      .lrem(`${prefix}:active`, 0, job)
      .rpush(`${prefix}:wait`, job)
      .exec()
    await expect.poll(async () => bench.redis.get(lock), { timeout: 5000 }).toBe(token)
    expect(await bench.redis.lrange(`${prefix}:active`, 0, -1)).toEqual([job])
    expect(await bench.redis.llen(`${prefix}:wait`)).toBe(0)
    await bench.redis.hdel(`${prefix}:meta`, 'paused')
    go.open()
    expect((await run.wait({ timeout: 10_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 1, next: 1 })
  })
})
