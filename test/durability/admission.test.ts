import { dataset, node, pipeline, type Pipeline } from '@pipewright/engine'
import { runReasonText, type RunHandle } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { shape, workbench, type Workbench } from '../support/workbench.ts'

/** Lets bodies wait until the test lets them go, and counts those that wait. */
class Turnstile {
  readonly order: string[] = []
  readonly #waiting: (() => void)[] = []
  /** Most weight that was inside at a time. */
  most = 0
  #inside = 0

  async pass(who: string, weight: number = 1): Promise<void> {
    this.order.push(who)
    this.#inside += weight
    this.most = Math.max(this.most, this.#inside)
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
    })
    this.#inside -= weight
  }

  get inside(): number {
    return this.#inside
  }

  /** Lets those go that wait. */
  open(): void {
    for (const go of this.#waiting.splice(0)) go()
  }
}

/** A pipeline of one node, and the turnstile in its body. */
function single(
  name: string,
  options: {
    readonly of?: Parameters<typeof pipeline>[2]
    readonly node?: { concurrency?: number; resources?: Record<string, number>; queue?: string }
    readonly turnstile?: Turnstile
  } = {},
): { readonly pipeline: Pipeline; readonly turnstile: Turnstile } {
  const { turnstile = new Turnstile() } = options
  const made = dataset(`${name}_out`, z.object({}))
  const only = node({
    name: 'only',
    inputs: {},
    outputs: { made },
    isolation: 'inline',
    ...options.node,
    async run() {
      await turnstile.pass(name, options.node?.resources?.['gpu'])
      return { made: {} }
    },
  })
  return { pipeline: pipeline(name, [only], options.of), turnstile }
}

async function ended(bench: Workbench, ids: readonly { readonly id: string }[]): Promise<void> {
  for (const { id } of ids) {
    const run = await bench.client.run(id)
    await run.wait({ timeout: 20_000 })
  }
}

describe('a limit of runs', () => {
  it('lets so many of a pipeline go on at a time, and the next ones in their order', async () => {
    const { pipeline: limited, turnstile } = single('limited', { of: { concurrency: 2 } })
    const bench = await workbench({ pipelines: [limited] })
    await bench.work({ concurrency: 8 })
    const runs: RunHandle[] = []
    for (let at = 0; at < 5; at += 1) runs.push(await bench.client.enqueue(limited))
    const statuses = async (): Promise<readonly string[]> =>
      Promise.all(runs.map(async (run) => (await run.get()).status))
    await expect.poll(() => turnstile.inside).toBe(2)
    expect(await statuses()).toEqual(['running', 'running', 'pending', 'pending', 'pending'])
    expect((await runs[2]?.get())?.waits).toBe('pipeline/limited')
    for (let left = 5; left > 0; left -= Math.min(2, left)) {
      await expect.poll(() => turnstile.inside, { timeout: 10_000 }).toBe(Math.min(2, left))
      turnstile.open()
    }
    await ended(bench, runs)
    expect(turnstile.most).toBe(2)
    const begun = (await bench.events()).flatMap((event) =>
      event.type === 'run_created' ? [event.run] : [],
    )
    expect(begun).toEqual(runs.map(({ id }) => id))
    expect(await bench.redis.exists(keys.waits(bench.prefix))).toBe(0)
    expect(await bench.redis.exists(keys.held(bench.prefix, 'pipeline/limited'))).toBe(0)
  })

  it('per key counts the runs of a key together', async () => {
    const { pipeline: keyed, turnstile } = single('keyed', { of: { concurrency: { perKey: 1 } } })
    const bench = await workbench({ pipelines: [keyed] })
    await bench.work({ concurrency: 8 })
    const runs = []
    for (const concurrencyKey of ['a', 'a', 'b'])
      runs.push(await bench.client.enqueue(keyed, { concurrencyKey }))
    await expect.poll(() => turnstile.inside).toBe(2)
    expect((await runs[1]?.get())?.status).toBe('pending')
    turnstile.open()
    await expect.poll(() => turnstile.inside, { timeout: 10_000 }).toBe(1)
    turnstile.open()
    await ended(bench, runs)
    await expect(bench.client.enqueue(keyed)).rejects.toMatchObject({
      code: 'MISSING_CONCURRENCY_KEY',
    })
  })

  it('begins the waiting run of the highest priority first', async () => {
    const turnstile = new Turnstile()
    const { pipeline: limited } = single('limited', { of: { concurrency: 1 }, turnstile })
    const bench = await workbench({ pipelines: [limited] })
    await bench.work()
    const first = await bench.client.enqueue(limited)
    await expect.poll(() => turnstile.inside).toBe(1)
    const low = await bench.client.enqueue(limited, { priority: -5 })
    const usual = await bench.client.enqueue(limited)
    const high = await bench.client.enqueue(limited, { priority: 5 })
    for (let left = 4; left > 0; left -= 1) {
      await expect.poll(() => turnstile.inside, { timeout: 10_000 }).toBe(1)
      turnstile.open()
      await expect.poll(() => turnstile.order.length >= 6 - left || left === 1).toBe(true)
    }
    await ended(bench, [first, low, usual, high])
    const begun = (await bench.events()).flatMap((event) =>
      event.type === 'run_created' ? [event.run] : [],
    )
    expect(begun).toEqual([first.id, high.id, usual.id, low.id])
  })

  it('is given back by a run that failed, one that was cancelled, and one whose keys vanished', async () => {
    const { pipeline: limited, turnstile } = single('limited', { of: { concurrency: 1 } })
    const bench = await workbench({ pipelines: [limited] })
    const gone = await bench.client.enqueue(limited)
    await bench.redis.del(keys.run(bench.prefix, gone.id))
    const waiting = await bench.client.enqueue(limited)
    expect((await waiting.get()).status).toBe('running')
    const next = await bench.client.enqueue(limited)
    expect((await next.get()).status).toBe('pending')
    await waiting.cancel()
    await bench.work()
    await expect.poll(() => turnstile.inside, { timeout: 10_000 }).toBe(1)
    turnstile.open()
    await ended(bench, [next])
  })

  it('is not waited for by a run that is cancelled while it waits', async () => {
    const { pipeline: limited } = single('limited', { of: { concurrency: 1 } })
    const bench = await workbench({ pipelines: [limited] })
    await bench.client.enqueue(limited)
    const waiting = await bench.client.enqueue(limited)
    expect(await waiting.cancel()).toBe('cancelling')
    expect((await waiting.get()).status).toBe('cancelled')
    const types = (await bench.events()).flatMap((event) =>
      event.run === waiting.id ? [event.type] : [],
    )
    expect(types).toEqual(['run_created', 'node_finished', 'run_finished'])
    expect(await bench.redis.exists(keys.waits(bench.prefix))).toBe(0)
  })
})

describe('a delayed run', () => {
  it('is pending until its time, and starts by itself', async () => {
    const { pipeline: one, calls } = shape('later', { a: [] })
    const bench = await workbench({ pipelines: [one] })
    await bench.work()
    const run = await bench.client.enqueue(one, { delay: '600ms' })
    const { status, startAt, createdAt } = await run.get()
    expect(status).toBe('pending')
    expect((startAt ?? 0) - createdAt).toBe(600)
    await run.wait({ timeout: 20_000 })
    expect(calls).toEqual({ a: 1 })
    const [created] = await bench.events()
    expect(created).toMatchObject({ type: 'run_created', run: run.id })
    expect(created?.type === 'run_created' && created.at >= (startAt ?? Infinity)).toBe(true)
  })

  it('that is cancelled ends at once and never starts', async () => {
    const { pipeline: one, calls } = shape('later', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [one] })
    const run = await bench.client.enqueue(one, { delay: '1h' })
    await run.cancel()
    expect((await run.get()).status).toBe('cancelled')
    expect(await bench.redis.zcard(keys.due(bench.prefix))).toBe(0)
    expect(calls).toEqual({})
  })

  it('whose timer was lost is found by the reconciler', async () => {
    const { pipeline: one } = shape('later', { a: [] })
    const bench = await workbench({ pipelines: [one] })
    const run = await bench.client.enqueue(one, { delay: '1h' })
    await bench.redis.del(keys.due(bench.prefix))
    await bench.work({ reconcileEvery: 200 })
    await run.wait({ timeout: 20_000 })
    expect((await run.get()).status).toBe('succeeded')
  })
})

describe('the concurrency of a node', () => {
  it('holds across runs and workers, also when attempts fail and are tried again', async () => {
    let inside = 0
    let most = 0
    let failures = 0
    const made = dataset('made', z.object({}))
    const only = node({
      name: 'only',
      inputs: {},
      outputs: { made },
      concurrency: 2,
      retries: 1,
      backoff: { delay: 1, jitter: 0 },
      isolation: 'inline',
      async run(_inputs, { attempt }) {
        inside += 1
        most = Math.max(most, inside)
        await new Promise((resolve) => setImmediate(resolve))
        inside -= 1
        if (attempt > 1) return { made: {} }
        failures += 1
        throw new Error('once')
      },
    })
    const limited = pipeline('limited', [only])
    const bench = await workbench({ pipelines: [limited] })
    const runs = []
    for (let at = 0; at < 30; at += 1) runs.push(await bench.client.enqueue(limited))
    await bench.work({ concurrency: 8 })
    await bench.work({ concurrency: 8 })
    await ended(bench, runs)
    expect(most).toBe(2)
    expect(failures).toBe(30)
    expect(await bench.redis.exists(keys.held(bench.prefix, 'node/limited/only'))).toBe(0)
  })

  it('keeps other nodes of the queue out of nothing', async () => {
    const slow = single('slow', { node: { concurrency: 1 } })
    const { pipeline: free } = shape('free', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [slow.pipeline, free] })
    await bench.work({ concurrency: 2 })
    const held = []
    for (let at = 0; at < 3; at += 1) held.push(await bench.client.enqueue(slow.pipeline))
    await expect.poll(() => slow.turnstile.inside).toBe(1)
    const run = await bench.client.enqueue(free)
    await run.wait({ timeout: 20_000 })
    for (let left = 3; left > 0; left -= 1) {
      await expect.poll(() => slow.turnstile.inside, { timeout: 10_000 }).toBe(1)
      slow.turnstile.open()
      await expect.poll(() => slow.turnstile.order.length >= Math.min(3, 5 - left)).toBe(true)
    }
    await ended(bench, held)
  })
})

describe('priority', () => {
  it('puts the nodes of a run before those of lower ones that wait already', async () => {
    const turnstile = new Turnstile()
    const usual = single('usual', { turnstile })
    const urgent = single('urgent', { turnstile })
    const bench = await workbench({ pipelines: [usual.pipeline, urgent.pipeline] })
    await bench.work({ concurrency: 1 })
    const runs = []
    for (let at = 0; at < 40; at += 1) runs.push(await bench.client.enqueue(usual.pipeline))
    await expect.poll(() => turnstile.inside).toBe(1)
    runs.push(await bench.client.enqueue(urgent.pipeline, { priority: 1 }))
    const done = ended(bench, runs)
    const timer = setInterval(() => turnstile.open(), 1)
    await done.finally(() => clearInterval(timer))
    // the one that ran, and the one that the worker may have fetched with it
    expect(turnstile.order.indexOf('urgent')).toBeLessThan(3)
  })

  it('below 0 lets all others go first', async () => {
    const turnstile = new Turnstile()
    const usual = single('usual', { turnstile })
    const patient = single('patient', { turnstile })
    const bench = await workbench({ pipelines: [usual.pipeline, patient.pipeline] })
    const runs = []
    // more than lies ready in a queue
    for (let at = 0; at < 40; at += 1) runs.push(await bench.client.enqueue(usual.pipeline))
    runs.push(await bench.client.enqueue(patient.pipeline, { priority: -1 }))
    for (let at = 0; at < 20; at += 1) runs.push(await bench.client.enqueue(usual.pipeline))
    await bench.work({ concurrency: 1 })
    const done = ended(bench, runs)
    const timer = setInterval(() => turnstile.open(), 1)
    await done.finally(() => clearInterval(timer))
    expect(turnstile.order.at(-1)).toBe('patient')
  })

  it.each([1.5, 101, -101, NaN])('is refused as %s', async (priority) => {
    const { pipeline: one } = shape('one', { a: [] })
    const bench = await workbench({ pipelines: [one] })
    await expect(bench.client.enqueue(one, { priority })).rejects.toMatchObject({
      code: 'INVALID_PRIORITY',
    })
  })
})

describe('resources', () => {
  it('are never given out beyond what a worker offers', async () => {
    const { pipeline: heavy, turnstile } = single('heavy', { node: { resources: { gpu: 1 } } })
    const { pipeline: light } = shape('light', { a: [] })
    const bench = await workbench({ pipelines: [heavy, light] })
    const without = await bench.work({ concurrency: 8 })
    const runs = []
    for (let at = 0; at < 5; at += 1) runs.push(await bench.client.enqueue(heavy))
    await (await bench.client.enqueue(light)).wait({ timeout: 20_000 })
    expect(turnstile.order).toEqual([])
    await bench.work({ concurrency: 8, resources: { gpu: 2 } })
    await without.stop()
    for (let left = 5; left > 0; left -= Math.min(2, left)) {
      await expect.poll(() => turnstile.inside, { timeout: 10_000 }).toBe(Math.min(2, left))
      turnstile.open()
      await expect.poll(() => turnstile.order.length).toBe(Math.min(5, 9 - left))
    }
    await ended(bench, runs)
    expect(turnstile.most).toBe(2)
  })

  it('of different needs share what a worker offers', async () => {
    const turnstile = new Turnstile()
    const one = single('one', { node: { resources: { gpu: 1 } }, turnstile })
    const two = single('two', { node: { resources: { gpu: 2 } }, turnstile })
    const bench = await workbench({ pipelines: [one.pipeline, two.pipeline] })
    const runs = []
    for (let at = 0; at < 4; at += 1) {
      runs.push(await bench.client.enqueue(one.pipeline))
      runs.push(await bench.client.enqueue(two.pipeline))
    }
    await bench.work({ concurrency: 8, resources: { gpu: 2 } })
    const done = ended(bench, runs)
    const timer = setInterval(() => turnstile.open(), 5)
    await done.finally(() => clearInterval(timer))
    expect(turnstile.most).toBe(2)
  })
})

describe('a pause', () => {
  it('of a queue keeps its nodes from workers until it is resumed', async () => {
    const { pipeline: one, calls } = shape('one', { a: [], b: ['a'] })
    const { pipeline: other } = shape('other', { a: [] }, {}, { a: { queue: 'other' } })
    const bench = await workbench({ pipelines: [one, other] })
    await bench.client.pause({ queue: 'default' })
    expect(await bench.client.paused()).toEqual({ queues: [], pipelines: [] })
    await bench.work({ queues: ['default', 'other'] })
    const run = await bench.client.enqueue(one)
    await (await bench.client.enqueue(other)).wait({ timeout: 20_000 })
    expect(await bench.client.paused()).toEqual({ queues: ['default'], pipelines: [] })
    expect(calls).toEqual({})
    await bench.client.resume({ queue: 'default' })
    await run.wait({ timeout: 20_000 })
    expect(calls).toEqual({ a: 1, b: 1 })
  })

  it('of a queue holds for its nodes with resources', async () => {
    const { pipeline: heavy, turnstile } = single('heavy', { node: { resources: { gpu: 1 } } })
    const bench = await workbench({ pipelines: [heavy] })
    const run = await bench.client.enqueue(heavy)
    await bench.client.pause({ queue: 'default' })
    await bench.work({ resources: { gpu: 1 } })
    const served = async (): Promise<boolean> =>
      (await bench.client.workers()).some(({ queues }) => queues.length > 1)
    await expect.poll(served, { timeout: 20_000 }).toBe(true)
    expect(turnstile.order).toEqual([])
    await bench.client.resume({ queue: 'default' })
    await expect.poll(() => turnstile.inside, { timeout: 10_000 }).toBe(1)
    turnstile.open()
    await run.wait({ timeout: 20_000 })
  })

  it('of a pipeline lets runs go on that have begun, and begins the others when it is resumed', async () => {
    const { pipeline: one, turnstile } = single('one')
    const bench = await workbench({ pipelines: [one] })
    await bench.work()
    const before = await bench.client.enqueue(one)
    await expect.poll(() => turnstile.inside).toBe(1)
    await bench.client.pause({ pipeline: 'one' })
    const after = [await bench.client.enqueue(one), await bench.client.enqueue(one)]
    turnstile.open()
    await before.wait({ timeout: 20_000 })
    expect(await Promise.all(after.map(async (run) => (await run.get()).waits))).toEqual([
      'pause/one',
      'pause/one',
    ])
    expect(await bench.client.paused()).toEqual({ queues: [], pipelines: ['one'] })
    await bench.client.resume({ pipeline: 'one' })
    await expect.poll(() => turnstile.inside, { timeout: 10_000 }).toBe(2)
    turnstile.open()
    await ended(bench, after)
  })
})

describe('a rate', () => {
  it('of a queue holds for all its workers together', async () => {
    const starts: number[] = []
    const names = Array.from({ length: 12 }, (_, at) => `n${at}`)
    const { pipeline: fast } = shape(
      'fast',
      Object.fromEntries(names.map((name) => [name, []])),
      Object.fromEntries(names.map((name) => [name, () => void starts.push(Date.now())])),
    )
    const bench = await workbench({ pipelines: [fast] })
    const rates = { default: { max: 4, per: 300 } }
    await bench.work({ rates })
    await bench.work({ rates })
    await (await bench.client.enqueue(fast)).wait({ timeout: 20_000 })
    // By BullMQ's count, which begins a new time with the first start after the last one.
    const sorted = starts.toSorted((a, b) => a - b)
    expect((sorted[11] ?? 0) - (sorted[0] ?? 0)).toBeGreaterThanOrEqual(500)
  })
})

describe('why', () => {
  it('names the limit that a run waits for, the pause of its pipeline, and its time', async () => {
    const { pipeline: limited } = single('limited', { of: { concurrency: 1 } })
    const bench = await workbench({ pipelines: [limited] })
    const later = await bench.client.enqueue(limited, { delay: '1h' })
    expect((await bench.client.why(later.id)).reason).toMatchObject({ kind: 'delayed' })
    expect((await bench.client.why(later.id, 'only')).reason).toMatchObject({ kind: 'delayed' })
    const first = await bench.client.enqueue(limited)
    const second = await bench.client.enqueue(limited)
    const { reason, now } = await bench.client.why(second.id)
    expect(reason).toMatchObject({
      kind: 'run-limit',
      what: 'pipeline/limited',
      limit: 1,
      running: 1,
      runs: [first.id],
      position: 1,
      waiting: 1,
    })
    expect(runReasonText({ reason, now }).text).toBe(
      `Pipeline "limited" allows 1 run at a time, and 1 is under way (${first.id}); it is number 1 of 1 that wait.`,
    )
    await bench.client.pause({ pipeline: 'limited' })
    const third = await bench.client.enqueue(limited)
    expect((await bench.client.why(third.id)).reason).toMatchObject({
      kind: 'pipeline-paused',
      position: 1,
    })
  })

  it('names the limit of a node and who has reached it', async () => {
    const { pipeline: slow, turnstile } = single('slow', { node: { concurrency: 1 } })
    const bench = await workbench({ pipelines: [slow] })
    await bench.work()
    const first = await bench.client.enqueue(slow)
    await expect.poll(() => turnstile.inside).toBe(1)
    const second = await bench.client.enqueue(slow)
    expect((await bench.client.why(first.id, 'only')).reason).toMatchObject({ kind: 'running' })
    const { reason } = await bench.client.why(second.id, 'only')
    expect(reason).toMatchObject({ kind: 'node-limit', limit: 1, running: [`${first.id}/only`] })
    turnstile.open()
    await expect.poll(() => turnstile.order.length, { timeout: 10_000 }).toBe(2)
    turnstile.open()
    await ended(bench, [first, second])
  })

  it('names what a node needs and what the workers offer', async () => {
    const { pipeline: heavy, turnstile } = single('heavy', { node: { resources: { gpu: 2 } } })
    const bench = await workbench({ pipelines: [heavy] })
    const run = await bench.client.enqueue(heavy)
    expect((await bench.client.why(run.id, 'only')).reason).toMatchObject({ kind: 'no-worker' })
    await bench.work({ name: 'small', resources: { gpu: 1 } })
    const kind = async (): Promise<string> => (await bench.client.why(run.id, 'only')).reason.kind
    await expect.poll(kind, { timeout: 10_000 }).toBe('no-resources')
    expect((await bench.client.why(run.id, 'only')).reason).toMatchObject({
      need: { gpu: 2 },
      offers: [{ worker: 'small', resources: { gpu: 1 } }],
    })
    await bench.work({ name: 'large', resources: { gpu: 2 } })
    await expect.poll(kind, { timeout: 10_000 }).toBe('running')
    const other = await bench.client.enqueue(heavy)
    expect((await bench.client.why(other.id, 'only')).reason).toMatchObject({
      kind: 'busy',
      slots: 1,
      running: 1,
    })
    turnstile.open()
    await expect.poll(() => turnstile.order.length, { timeout: 10_000 }).toBe(2)
    turnstile.open()
    await ended(bench, [run, other])
  })
})
