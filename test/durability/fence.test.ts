import { keys } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { startRedis } from '../support/redis.ts'
import { shape, statusesOf, workbench } from '../support/workbench.ts'

const silent = (): void => undefined

/** A promise to be resolved from outside. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  return (({ promise, resolve }) => ({ open: resolve, passed: promise }))(
    Promise.withResolvers<void>(),
  )
}

describe('the fence', () => {
  it('takes a commit whose lease has run out when no other attempt has started', async () => {
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'late',
      { only: [], next: ['only'] },
      {
        async only() {
          started.open()
          await go.passed
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ lease: 600_000, checkEvery: 50 })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    const prefix = `${keys.queuePrefix(bench.prefix)}:default`
    const job = `${run.id}/only/1`
    // Nobody else may claim: the job is put back by the check for lost workers, into a paused queue.
    await bench.redis.hset(`${prefix}:meta`, 'paused', '1')
    await bench.redis.del(`${prefix}:${job}:lock`)
    await expect.poll(async () => bench.redis.lpos(`${prefix}:wait`, job)).not.toBeNull()
    // Committed before the queue goes on, or a claim could come first and the commit be a zombie's.
    go.open()
    await expect.poll(async () => bench.redis.hlen(keys.nodes(bench.prefix, run.id))).toBe(1)
    await bench.redis.hdel(`${prefix}:meta`, 'paused')
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 1, next: 1 })
  })

  it('takes a commit whose job was set aside, when nobody has started it there', async () => {
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'suspect',
      { only: [], next: ['only'] },
      {
        async only() {
          started.open()
          await go.passed
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ lease: 600_000, checkEvery: 50 })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    const job = `${run.id}/only/1`
    const [queue, aside] = ['default', keys.quarantine('default')].map(
      (name) => `${keys.queuePrefix(bench.prefix)}:${name}`,
    )
    await bench.redis.hset(`${aside}:meta`, 'paused', '1')
    await bench.redis.hset(keys.losses(bench.prefix, run.id), '0', '1')
    await bench.redis.del(`${queue}:${job}:lock`)
    await expect.poll(async () => bench.redis.lpos(`${aside}:wait`, job)).not.toBeNull()
    expect(await bench.redis.exists(`${queue}:${job}`)).toBe(0)
    go.open()
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 1, next: 1 })
    expect(await bench.redis.exists(`${queue}:${job}`, `${aside}:${job}`)).toBe(0)
    expect(await bench.redis.llen(`${aside}:wait`)).toBe(0)
  })

  it('takes a commit whose start the server has forgotten, when nobody has started it since', async () => {
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'forgotten',
      { only: [], next: ['only'] },
      {
        async only() {
          started.open()
          await go.passed
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ lease: 600_000 })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    const queue = `${keys.queuePrefix(bench.prefix)}:default`
    const job = `${run.id}/only/1`
    // As after a power loss that took the claim: the job waits as if it had never been handed out.
    await bench.redis.hset(`${queue}:meta`, 'paused', '1')
    await bench.redis
      .multi()
      .hdel(`${queue}:${job}`, 'ats', 'processedOn', 'pb')
      .del(`${queue}:${job}:lock`)
      .lrem(`${queue}:active`, 0, job)
      .rpush(`${queue}:wait`, job)
      .exec()
    go.open()
    await expect.poll(async () => bench.redis.hlen(keys.nodes(bench.prefix, run.id))).toBe(1)
    await bench.redis.hdel(`${queue}:meta`, 'paused')
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 1, next: 1 })
    expect(await bench.redis.exists(`${queue}:${job}`, `${queue}:${job}:lock`)).toBe(0)
  })

  it('leaves an attempt alone whose start the server has forgotten, when nobody has started it since', async () => {
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'remembered',
      { only: [] },
      {
        async only() {
          started.open()
          await go.passed
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ lease: 1000, checkEvery: 100 })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    const queue = `${keys.queuePrefix(bench.prefix)}:default`
    const job = `${run.id}/only/1`
    // Nobody claims before the worker that runs it has looked at its lease.
    await bench.redis.hset(`${queue}:meta`, 'paused', '1')
    await bench.redis
      .multi()
      .hdel(`${queue}:${job}`, 'ats', 'processedOn', 'pb')
      .del(`${queue}:${job}:lock`)
      .lrem(`${queue}:active`, 0, job)
      .rpush(`${queue}:wait`, job)
      .exec()
    await expect.poll(async () => bench.redis.lpos(`${queue}:active`, job)).not.toBeNull()
    expect(await bench.redis.hget(`${queue}:${job}`, 'ats')).toBe('1')
    expect(await bench.redis.llen(`${queue}:wait`)).toBe(0)
    await bench.redis.hdel(`${queue}:meta`, 'paused')
    go.open()
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 1 })
  })

  it('refuses a late commit of a zombie: its output never becomes visible', async () => {
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'zombie',
      { only: [], next: ['only'] },
      {
        async only(call) {
          if (call > 1) return
          started.open()
          await go.passed
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ name: 'first', lease: 600_000, checkEvery: 50, concurrency: 1 })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    await bench.work({ name: 'second', lease: 600_000, checkEvery: 50 })
    await bench.redis.del(`${keys.queuePrefix(bench.prefix)}:default:${run.id}/only/1:lock`)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    go.open()
    const nodes = await run.nodes()
    expect(nodes.map(({ worker }) => worker)).toEqual(['second', 'second'])
    expect(calls).toEqual({ only: 2, next: 1 })
    const events = await bench.events()
    expect(events.filter(({ type }) => type === 'node_lost')).toMatchObject([
      { node: 'only', attempt: 1, losses: 1 },
    ])
    expect(nodes[0]?.attempt).toBe(2)
  })

  it('ends a node run that too many workers were lost with, by name', async () => {
    const go = gate()
    const { pipeline } = shape(
      'poison',
      { only: [], next: ['only'], other: [] },
      {
        only: async () => go.passed,
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ lease: 600_000, checkEvery: 50, lossBudget: 3 })
    const run = await bench.client.enqueue(pipeline)
    // A worker that is given a job that it still runs hands it on under the next generation.
    const locks = [1, 2, 3].flatMap((generation) =>
      ['default', keys.quarantine('default')].map(
        (queue) => `${keys.queuePrefix(bench.prefix)}:${queue}:${run.id}/only/${generation}:lock`,
      ),
    )
    const ended = run.wait({ timeout: 20_000 })
    const unlocked = setInterval(() => void bench.redis.del(...locks), 20)
    expect((await ended).status).toBe('failed')
    clearInterval(unlocked)
    expect(await statusesOf(run)).toEqual({ only: 'failed', next: 'skipped', other: 'succeeded' })
    const node = (await run.nodes()).find(({ node: name }) => name === 'only')
    expect(node?.error?.code).toBe('NODE_LOST')
    go.open()
  })
})

describe('a commit while Redis refuses writes', () => {
  it('waits for memory: the finished body is not run again and spends no retry', async () => {
    const redis = await startRedis()
    onTestFinished(async () => redis.stop())
    const started = gate()
    const go = gate()
    const { pipeline, calls } = shape(
      'full',
      { only: [], next: ['only'] },
      {
        async only() {
          started.open()
          await go.passed
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline], url: redis.url })
    const errors: string[] = []
    const log = {
      debug: silent,
      info: silent,
      warn: silent,
      error: (_: unknown, message?: string) => errors.push(String(message)),
    }
    await bench.work({ log })
    const run = await bench.client.enqueue(pipeline)
    await started.passed
    await bench.redis.config('SET', 'maxmemory', '1')
    go.open()
    await expect.poll(() => errors.some((message) => message.includes('OOM'))).toBe(true)
    await bench.redis.config('SET', 'maxmemory', '0')
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 1, next: 1 })
  })
})

describe('a queue at its limit', () => {
  it('keeps its wake-up when a worker finishes without fetching', async () => {
    const { pipeline } = shape('limited', { a: [], b: [], c: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const prefix = `${keys.queuePrefix(bench.prefix)}:default`
    await bench.redis.hset(`${prefix}:meta`, 'concurrency', '1')
    const started = gate()
    const go = gate()
    const slow = shape(
      'slow',
      { only: [] },
      {
        async only() {
          started.open()
          await go.passed
        },
      },
    )
    const other = await workbench({ pipelines: [slow.pipeline] })
    const otherPrefix = `${keys.queuePrefix(other.prefix)}:default`
    await other.redis.hset(`${otherPrefix}:meta`, 'concurrency', '1')
    // With one place, taken, it does not wait for the marker itself.
    const closing = await other.work({ concurrency: 1 })
    const first = await other.client.enqueue(slow.pipeline)
    await started.passed
    await other.client.enqueue(slow.pipeline)
    await expect.poll(async () => other.redis.llen(`${otherPrefix}:wait`)).toBe(1)
    const stopped = closing.stop()
    go.open()
    await stopped
    expect((await first.get()).status).toBe('succeeded')
    expect(await other.redis.zscore(`${otherPrefix}:marker`, '0')).toBe('0')

    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
  })
})
