import { setTimeout as delay } from 'node:timers/promises'

import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'

import { starts, testProject, until } from '../support/projects.ts'
import { startRedis, type PrivateRedis } from '../support/redis.ts'
import { shape, workbench } from '../support/workbench.ts'
import { gated } from '../system/fixture/pipelines/gated.ts'

const brisk = { lease: 2500, checkEvery: 1000, concurrency: 4 } as const

async function server(): Promise<{ readonly redis: PrivateRedis; readonly admin: Redis }> {
  const redis = await startRedis()
  const admin = new Redis(redis.url)
  onTestFinished(async () => {
    admin.disconnect()
    await redis.stop()
  })
  return { redis, admin }
}

describe('a Redis that is paused for longer than a lease', () => {
  it('runs no body again that has ended meanwhile, though others wait for work', async () => {
    const { redis, admin } = await server()
    const go = Promise.withResolvers<void>()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const { pipeline, calls } = shape(
      'paused',
      Object.fromEntries(names.map((name) => [name, []])),
      Object.fromEntries(names.map((name) => [name, async () => go.promise])),
    )
    const bench = await workbench({ pipelines: [pipeline], url: redis.url })
    await Promise.all([bench.work(brisk), bench.work(brisk)])
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(() => Object.keys(calls).length, { timeout: 10_000 }).toBe(names.length)
    // Each lease was renewed at least once, each job was marked at least once.
    await delay(2000)
    await admin.client('PAUSE', 4000, 'ALL')
    await delay(1500)
    go.resolve()
    expect((await run.wait({ timeout: 30_000 })).status).toBe('succeeded')
    expect(calls).toEqual(Object.fromEntries(names.map((name) => [name, 1])))
  })

  it('does not keep the nodes of a worker that was lost meanwhile', async (context) => {
    const { redis, admin } = await server()
    const project = await testProject(context, redis.url)
    const lost = await project.work()
    const run = await project.client.enqueue(gated)
    await until('the body', async () => starts(await project.journal(run))['waiting'] === 1)
    await project.work()
    await lost.kill()
    await admin.client('PAUSE', 2500, 'ALL')
    await until('its other body', async () => starts(await project.journal(run))['waiting'] === 2)
    await project.open('gated')
    expect((await run.wait({ timeout: 30_000 })).status).toBe('succeeded')
  })
})
