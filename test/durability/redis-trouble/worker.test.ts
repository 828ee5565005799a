import { setTimeout as delay } from 'node:timers/promises'

import { PipewrightError } from '@pipewright/engine'
import type { RunHandle } from '@pipewright/engine/client'
import type { WorkerSettings } from '@pipewright/worker'
import { Redis } from 'ioredis'
import { describe, it, type TestContext } from 'vitest'

import { redisProxy } from '../../support/redis-proxy.ts'
import { startRedis } from '../../support/redis.ts'
import { shape, workbench, type Shape, type Workbench } from '../../support/workbench.ts'
import { slowLoading, troubles, type Place } from './trouble.ts'

/** Times of the lines that a worker wrote. */
type Lines = { readonly at: number; readonly message: string }[]

function logTo(lines: Lines): NonNullable<WorkerSettings['log']> {
  const write = (_fields: unknown, message?: unknown): void => {
    lines.push({ at: performance.now(), message: String(message) })
  }
  return { debug: write, info: write, warn: write, error: write }
}

/** Most lines in any second, but for what the clock of the test is late. */
function mostInASecond(lines: Lines): number {
  return Math.max(
    0,
    ...lines.map(({ at }) => lines.filter((other) => other.at >= at && other.at < at + 900).length),
  )
}

interface Scene {
  readonly place: Place
  readonly bench: Workbench
  readonly lines: Lines
  readonly held: Shape
  readonly free: Shape
  readonly release: () => void
}

/** A worker, a client and a run whose second node ends during the trouble. */
async function scene(context: TestContext): Promise<Scene> {
  const redis = await startRedis([...slowLoading])
  const proxy = await redisProxy(redis.url)
  const admin = new Redis(redis.url, { enableReadyCheck: false, maxRetriesPerRequest: null })
  admin.on('error', () => undefined)
  context.onTestFinished(async () => {
    admin.disconnect()
    await proxy.close()
    await redis.stop()
  })
  const gate = Promise.withResolvers<void>()
  const held = shape(
    'held',
    { first: [], waits: ['first'], last: ['waits'] },
    { waits: async () => gate.promise },
  )
  const free = shape('free', { only: [] })
  const bench = await workbench({
    pipelines: [held.pipeline, free.pipeline],
    url: proxy.url,
    context,
  })
  const lines: Lines = []
  await bench.work({ log: logTo(lines), lease: 60_000 })
  return { place: { redis, proxy, admin }, bench, lines, held, free, release: gate.resolve }
}

async function codeOf(enqueued: Promise<RunHandle>): Promise<string | undefined> {
  try {
    await enqueued
    return undefined
  } catch (error) {
    if (error instanceof PipewrightError) return error.code
    throw error
  }
}

describe.concurrent('while Redis', () => {
  it.for(troubles)(
    '$name, a client is told by code, and a worker goes on afterwards with no body twice',
    async (trouble, context) => {
      const { expect } = context
      const { place, bench, lines, held, free, release } = await scene(context)
      const run = await bench.client.enqueue(held.pipeline)
      await expect.poll(() => held.calls['waits'], { timeout: 10_000 }).toBe(1)
      const ended = run.wait({ timeout: 60_000 })

      await trouble.begin(place)
      release()
      expect(await codeOf(bench.client.enqueue(free.pipeline))).toBe(trouble.code)
      await trouble.end(place)

      await expect.poll(() => held.calls['last'], { timeout: 30_000 }).toBe(1)
      expect((await ended).status).toBe('succeeded')
      expect(held.calls).toEqual({ first: 1, waits: 1, last: 1 })
      // It claims again too: a run that was not there before.
      const later = await bench.client.enqueue(free.pipeline)
      expect((await later.wait({ timeout: 30_000 })).status).toBe('succeeded')
      expect(mostInASecond(lines)).toBeLessThanOrEqual(10)
    },
  )

  it.for(troubles.filter(({ refusal }) => refusal !== undefined))(
    '$name, an idle worker asks it some times a second, not some thousand times',
    async (trouble, context) => {
      const { expect } = context
      const { place } = await scene(context)
      await trouble.begin(place)
      await delay(2000)
      await trouble.end(place)
      const errors = await place.admin.info('errorstats')
      const count = new RegExp(`errorstat_${trouble.refusal}:count=(\\d+)`).exec(errors)?.[1]
      expect(Number(count)).toBeGreaterThan(0)
      // BullMQ alone asks about 4,000 times a second.
      expect(Number(count)).toBeLessThan(200)
    },
  )
})
