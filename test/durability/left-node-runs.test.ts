import { dataset, node, pipeline, type Pipeline } from '@pipewright/engine'
import { nodeReasonText, type RunHandle } from '@pipewright/engine/client'
import { keys, type ScriptName } from '@pipewright/engine/internal'
import { afterAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

import { arm, disarm, installFaults, removeFaults } from '../support/script-fault.ts'
import { countOf, shape, statusesOf, workbench, type Workbench } from '../support/workbench.ts'

/** A worker whose code has none of the pipelines. */
const stranger = { name: 'stranger', pipelines: [] }

async function leftOf(bench: Workbench): Promise<number> {
  return bench.redis.zcard(keys.left(bench.prefix))
}

async function endsWell(run: RunHandle): Promise<void> {
  expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
}

/** Nothing of what was left is left. */
async function isTidy(bench: Workbench): Promise<void> {
  await expect.poll(async () => leftOf(bench)).toBe(0)
  const timers = await bench.redis.zrange(keys.due(bench.prefix), '0', '-1')
  expect(timers.filter((timer) => timer.startsWith('retry|'))).toEqual([])
  const queue = `${keys.queuePrefix(bench.prefix)}:default`
  expect(await bench.redis.llen(`${queue}:wait`)).toBe(0)
}

describe('a worker whose code does not have a pipeline', () => {
  it('leaves its node runs alone, and another worker runs them as if nobody had met them', async () => {
    const { pipeline: fresh, calls } = shape('fresh', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [fresh] })
    await bench.work(stranger)
    const run = await bench.client.enqueue(fresh)
    await expect.poll(async () => leftOf(bench)).toBe(1)
    const [first] = await run.nodes()
    expect(first).toMatchObject({ status: 'pending', attempt: 0 })
    expect((await bench.events()).map(({ type }) => type)).toEqual(['run_created'])
    await bench.work({ name: 'able', pipelines: [fresh] })
    await endsWell(run)
    const records = await run.nodes()
    expect(records.map(({ worker, attempt }) => [worker, attempt])).toEqual([
      ['able', 1],
      ['able', 1],
    ])
    expect(calls).toEqual({ a: 1, b: 1 })
    await isTidy(bench)
  })

  it('goes on with its own, however many of them there are', async () => {
    const foreign = shape('foreign', { a: [] })
    const own = shape('own', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [foreign.pipeline, own.pipeline] })
    for (let count = 0; count < 40; count += 1) await bench.client.enqueue(foreign.pipeline)
    await bench.work({ name: 'w', concurrency: 2, pipelines: [own.pipeline] })
    await endsWell(await bench.client.enqueue(own.pipeline))
    await expect.poll(async () => leftOf(bench)).toBe(40)
    expect(foreign.calls).toEqual({})
  })

  it('takes the nodes that are still the same, and leaves those that read something else now', async () => {
    const before = shape('training', { a: [], b: ['a'], c: ['b'] })
    const after = shape('training', { a: [], b: ['a'], c: ['a'] })
    const bench = await workbench({ pipelines: [before.pipeline] })
    await bench.work({ name: 'new', pipelines: [after.pipeline] })
    const run = await bench.client.enqueue(before.pipeline)
    await expect.poll(async () => leftOf(bench)).toBe(1)
    expect(await statusesOf(run)).toEqual({ a: 'succeeded', b: 'succeeded', c: 'pending' })
    await bench.work({ name: 'old', pipelines: [before.pipeline] })
    await endsWell(run)
    expect((await run.nodes()).map(({ worker }) => worker)).toEqual(['new', 'new', 'old'])
  })

  it('costs a fleet nothing but a moment where most do not have the code', async () => {
    const links = Array.from({ length: 8 }, (_, at) => `n${at}`)
    const graph = Object.fromEntries(links.map((name, at) => [name, links.slice(at - 1, at)]))
    const { pipeline: long, calls } = shape('long', { ...graph, n0: [] })
    const bench = await workbench({ pipelines: [long] })
    await Promise.all(['s1', 's2', 's3'].map(async (name) => bench.work({ ...stranger, name })))
    await bench.work({ name: 'able', concurrency: 1, pipelines: [long] })
    const runs = await Promise.all(
      Array.from({ length: 3 }, async () => bench.client.enqueue(long)),
    )
    for (const run of runs) {
      await endsWell(run)
      expect(await countOf(run, 'n7')).toBe(8)
    }
    expect(calls).toEqual(Object.fromEntries(links.map((name) => [name, 3])))
    await isTidy(bench)
  })
})

describe('a node run that was left', () => {
  it('ends with its run when that is cancelled', async () => {
    const { pipeline: fresh } = shape('fresh', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [fresh] })
    await bench.work(stranger)
    const run = await bench.client.enqueue(fresh)
    await expect.poll(async () => leftOf(bench)).toBe(1)
    await run.cancel()
    expect((await run.wait({ timeout: 10_000 })).status).toBe('cancelled')
    await isTidy(bench)
  })

  it('is not put into its queue by the reconciler', async () => {
    const { pipeline: fresh } = shape('fresh', { a: [] })
    const bench = await workbench({ pipelines: [fresh] })
    await bench.work(stranger)
    const run = await bench.client.enqueue(fresh)
    await expect.poll(async () => leftOf(bench)).toBe(1)
    const ready = [{ index: 0, name: 'a', queue: 'default' }]
    expect(await bench.ledger.mend(run.id, ready, [])).toBe(0)
  })

  it.each([
    ['one at a time', { concurrency: 1 }],
    ['with resources', { resources: { gpu: 1 } }],
  ])('runs %s, as its node says', async (_, settings) => {
    const limited = limitedPipeline(settings)
    const bench = await workbench({ pipelines: [limited.pipeline] })
    await bench.work({ ...stranger, resources: { gpu: 1 } })
    const runs = await Promise.all(
      Array.from({ length: 3 }, async () => bench.client.enqueue(limited.pipeline)),
    )
    await expect.poll(async () => leftOf(bench), { timeout: 10_000 }).toBe(3)
    await bench.work({ name: 'able', pipelines: [limited.pipeline], resources: { gpu: 1 } })
    for (const run of runs) await endsWell(run)
    expect(limited.most()).toBe(1)
    await isTidy(bench)
  })

  it('is explained: since when, which plan, and what each worker has in its place', async () => {
    const before = shape('training', { a: [] })
    const after = shape('training', { z: [] })
    const bench = await workbench({ pipelines: [before.pipeline] })
    await bench.work(stranger)
    await bench.work({ name: 'newer', pipelines: [after.pipeline] })
    const run = await bench.client.enqueue(before.pipeline)
    await expect.poll(async () => leftOf(bench)).toBe(1)
    const { plan } = await run.get()
    const workers = async (): Promise<number> => (await bench.client.workers()).length
    await expect.poll(workers).toBe(2)
    const why = await run.why('a')
    expect(why.reason).toMatchObject({
      kind: 'no-code',
      queue: 'default',
      pipeline: 'training',
      plan,
      serving: 2,
      workers: [
        { worker: { name: 'newer' }, has: 'other' },
        { worker: { name: 'stranger' }, has: 'none' },
      ],
    })
    const { text, todo } = nodeReasonText(why.reason, why.now)
    expect(text).toContain('"newer"')
    expect(text).toContain('has another version of it, "stranger"')
    expect(todo).toContain('Start a worker with the code')
    expect(await run.why()).toMatchObject({
      moving: false,
      groups: [{ kind: 'no-code', count: 1 }],
    })
  })
})

/** A pipeline of one node, and how many of it ran at a time. */
function limitedPipeline(settings: { concurrency?: number; resources?: Record<string, number> }): {
  readonly pipeline: Pipeline
  readonly most: () => number
} {
  let [running, most] = [0, 0]
  const made = dataset('made', z.object({}))
  const only = node({
    name: 'only',
    inputs: {},
    outputs: { made },
    isolation: 'inline',
    ...settings,
    async run() {
      running += 1
      most = Math.max(most, running)
      // Others that may run do so before this one ends.
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
      running -= 1
      return { made: {} }
    },
  })
  return { pipeline: pipeline('limited', [only]), most: () => most }
}

/** Each third write; all of them where this is set. */
const stride = process.env['PIPEWRIGHT_TEST_EVERY_WRITE'] === undefined ? 3 : 1

describe('an error at any write of a script that leaves or takes a node run', () => {
  afterAll(() => removeFaults())

  it.each<ScriptName>(['settle', 'claim'])(
    'of %s loses nothing and runs no body twice',
    async (script) => {
      const { pipeline: fresh, calls } = shape('fresh', { a: [] })
      const bench = await workbench({ pipelines: [fresh] })
      installFaults(bench.prefix)
      let struck = 0
      // A claim that an error cut may leave an active job that no worker knows of and that has no lease yet.
      const leases = { lease: script === 'claim' ? 400 : 60_000, checkEvery: 100 }
      await bench.work({ ...stranger, ...leases })
      for (let write = 1; ; write += stride) {
        if (script === 'settle') await arm(bench.redis, bench.prefix, script, write)
        const run = await bench.client.enqueue(fresh)
        await expect.poll(async () => leftOf(bench), { timeout: 10_000 }).toBe(1)
        if (script === 'claim') await arm(bench.redis, bench.prefix, script, write)
        const name = `able-${write}`
        const able = await bench.work({ name, pipelines: [fresh], ...leases })
        await endsWell(run)
        expect(calls, `write ${write} of ${script}`).toEqual({ a: struck + 1 })
        const [{ worker } = {}] = await run.nodes()
        expect(worker, `write ${write} of ${script}`).toMatch(/^able/)
        await isTidy(bench)
        // The next one need not wait for its end, and what it does meanwhile is one more trouble.
        void able.stop({ grace: 0 })
        if (await disarm(bench.redis, bench.prefix, script)) break
        struck += 1
      }
      expect(struck).toBeGreaterThan(3)
    },
  )
})
