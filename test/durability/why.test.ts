import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'

import { NodeWhy, nodeReasonText, runReasonText, RunWhy } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'
import { Queue } from 'bullmq'
import { describe, expect, it, onTestFinished } from 'vitest'

import { starts, testProject, until } from '../support/projects.ts'
import { shape, statusesOf, workbench, type Workbench } from '../support/workbench.ts'
import { gated } from '../system/fixture/pipelines/gated.ts'
import { heldNodes, relay } from '../system/fixture/pipelines/relay.ts'

const diamond = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'], e: ['d'] }

function gate(): { readonly open: () => void; readonly wait: () => Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return { open: () => resolve(undefined), wait: async () => promise }
}

function queueOf(bench: Workbench, name: string): Queue {
  const queue = new Queue(name, {
    connection: bench.redis,
    prefix: keys.queuePrefix(bench.prefix),
  })
  onTestFinished(async () => queue.close())
  return queue
}

async function whyRun(bench: Workbench, run: string): Promise<RunWhy> {
  const why = await bench.client.why(run)
  expect(RunWhy.parse(why)).toEqual(why)
  expect(runReasonText(why).text).not.toBe('')
  return why
}

async function whyNode(bench: Workbench, run: string, node: string): Promise<NodeWhy['reason']> {
  const why = await bench.client.why(run, node)
  expect(NodeWhy.parse(why)).toEqual(why)
  expect(nodeReasonText(why.reason, why.now).text).not.toBe('')
  return why.reason
}

describe('a run says that', () => {
  // These two wait for time to pass, so they run at once.
  it.concurrent('its worker was killed, until when its lease holds, and who takes over', async (context) => {
    const project = await testProject(context)
    const worker = await project.work({ name: 'victim', lease: 60_000 })
    const run = await project.client.enqueue(gated)
    await until('the node runs', async () =>
      (await project.journal(run)).some(
        ({ node, what }) => node === 'waiting' && what === 'started',
      ),
    )
    await worker.kill()
    const reason = async (): Promise<NodeWhy['reason']> => (await run.why('waiting')).reason
    const lost = await until('the worker is lost', async () => {
      const found = await reason()
      return found.kind === 'running' && found.worker.lost && found
    })
    expect(lost).toMatchObject({ worker: { name: 'victim', pid: worker.pid }, workers: 0 })
    expect(lost.leaseUntil).toBeGreaterThan(Date.now())
    const why = await run.why()
    expect(why).toMatchObject({ moving: false, reason: { kind: 'node', node: 'waiting' } })
    expect(runReasonText(why)).toMatchObject({
      text: expect.stringMatching(
        /"victim" .*lost: last beat .* runs out in .*no other worker serves queue "default"/,
      ),
      todo: 'Start one: pipewright worker --queues default',
    })
  })

  it.concurrent('nodes that two workers were lost with run alone, one after the other', async (context) => {
    const project = await testProject(context)
    const run = await project.client.enqueue(relay)
    const started = async (times: number): Promise<boolean> => {
      const counts = starts(await project.journal(run))
      return heldNodes.every((name) => (counts[name] ?? 0) >= times)
    }
    for (const times of [1, 2]) {
      const worker = await project.work({ name: `victim-${times}` })
      await until('all run', async () => started(times))
      await worker.kill()
    }
    await project.work({ name: 'successor' })
    await context.expect
      .poll(async () => (await run.why()).groups, { timeout: 30_000 })
      .toMatchObject([
        {
          kind: 'quarantine',
          queue: 'default~quarantine',
          count: 3,
          reason: { losses: 2, running: [expect.stringContaining('/held_')], workers: 1 },
        },
        { kind: 'running', count: 1, reason: { alone: true, losses: 2, attempt: 3 } },
        { kind: 'inputs', count: 1, nodes: ['last'] },
      ])
    const { reason, now } = await run.why('last')
    expect(nodeReasonText(reason, now).text).toMatch(/2 workers were lost while running it/)
    await project.open('relay')
    expect((await run.wait({ timeout: 40_000 })).status).toBe('succeeded')
  })

  it('no worker serves its queue, and which queues have workers', async () => {
    const { pipeline } = shape('alone', diamond, {}, { a: { queue: 'gpu' } })
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    expect(await whyNode(bench, run.id, 'a')).toEqual({
      kind: 'no-worker',
      queue: 'gpu',
      losses: 0,
      place: { list: 'queue', position: 1, length: 1 },
      served: [],
      lost: [],
      refused: [],
    })
    await bench.work({ queues: ['default', 'cpu'] })
    await expect
      .poll(async () => whyNode(bench, run.id, 'a'))
      .toMatchObject({
        kind: 'no-worker',
        served: [
          { queue: 'default', workers: 1 },
          { queue: 'cpu', workers: 1 },
        ],
      })
    const why = await whyRun(bench, run.id)
    expect(why).toMatchObject({ moving: false, total: 5, ended: {} })
    expect(why.reason).toMatchObject({ kind: 'node', node: 'a' })
    expect(why.groups.map(({ kind, count }) => [kind, count])).toEqual([
      ['no-worker', 1],
      ['inputs', 4],
    ])
    expect(await whyNode(bench, run.id, 'e')).toMatchObject({
      kind: 'inputs',
      missing: [{ dataset: 'd_out', node: 'd' }],
      chain: ['d', 'b', 'a'],
      cause: { node: 'a', reason: { kind: 'no-worker', queue: 'gpu' } },
    })
    await bench.work({ queues: ['gpu'] })
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect((await whyRun(bench, run.id)).reason).toMatchObject({ kind: 'ended' })
  })

  it('its queue is paused, or at its own limit', async () => {
    const { open, wait } = gate()
    const { pipeline } = shape('held', { a: [], b: [] }, { a: wait, b: wait })
    const bench = await workbench({ pipelines: [pipeline] })
    const queue = queueOf(bench, 'default')
    await queue.pause()
    await bench.work({ concurrency: 4 })
    const run = await bench.client.enqueue(pipeline)
    expect(await whyNode(bench, run.id, 'a')).toMatchObject({ kind: 'paused', queue: 'default' })
    await queue.setGlobalConcurrency(1)
    await queue.resume()
    await expect
      .poll(async () => (await whyRun(bench, run.id)).groups, { timeout: 10_000 })
      .toMatchObject([
        { kind: 'limit', count: 1, reason: { limit: 1, running: 1 } },
        { kind: 'running', count: 1 },
      ])
    expect((await whyRun(bench, run.id)).moving).toBe(true)
    open()
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
  })

  it('a retry is due, when, and after which error; and that its timer was lost', async () => {
    const { pipeline } = shape(
      'late',
      { a: [] },
      {
        a: () => {
          throw new RangeError('not yet')
        },
      },
      { a: { retries: 2, backoff: { delay: '1h', maxDelay: '1h', jitter: 0 } } },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ name: 'w', reconcileEvery: 3_600_000 })
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(async () => bench.redis.zcard(keys.due(bench.prefix))).toBe(1)
    const reason = await whyNode(bench, run.id, 'a')
    expect(reason).toMatchObject({
      kind: 'retry',
      attempt: 2,
      failures: 1,
      retries: 2,
      error: { code: 'RangeError', message: 'not yet' },
    })
    const { now } = await whyRun(bench, run.id)
    expect(reason.kind === 'retry' && reason.dueAt - now).toBeGreaterThan(3_500_000)
    await bench.redis.del(keys.due(bench.prefix))
    expect(await whyNode(bench, run.id, 'a')).toEqual({ kind: 'vanished', workers: 1 })
  })

  it('half of a diamond is done, and what runs where', async () => {
    const { open, wait } = gate()
    const { pipeline } = shape('half', diamond, { c: wait })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ name: 'w' })
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(async () => (await statusesOf(run))['b']).toBe('succeeded')
    expect(await whyNode(bench, run.id, 'b')).toMatchObject({ kind: 'ended', status: 'succeeded' })
    await expect
      .poll(async () => whyNode(bench, run.id, 'c'))
      .toMatchObject({
        kind: 'running',
        attempt: 1,
        worker: { name: 'w', pid: process.pid, lost: false },
        leaseUntil: expect.any(Number),
      })
    expect(await whyNode(bench, run.id, 'd')).toMatchObject({
      kind: 'inputs',
      missing: [{ dataset: 'c_out', node: 'c' }],
      count: 1,
    })
    expect(await whyRun(bench, run.id)).toMatchObject({
      moving: true,
      ended: { succeeded: 2 },
      reason: { kind: 'node', node: 'c' },
    })
    open()
    await run.wait({ timeout: 20_000 })
  })

  it('its plan is gone', async () => {
    const { pipeline } = shape('planless', { a: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    const { plan } = await run.get()
    await bench.redis.del(keys.plan(bench.prefix, plan))
    expect((await whyRun(bench, run.id)).reason).toEqual({ kind: 'no-plan', plan, workers: 0 })
  })

  it('its submission was cut, or its end', async () => {
    const { pipeline } = shape('cut', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    const header = keys.run(bench.prefix, run.id)
    await bench.redis.hdel(header, 'status', 'released')
    expect((await whyRun(bench, run.id)).reason.kind).toBe('unsubmitted')
    expect(await whyNode(bench, run.id, 'b')).toEqual({ kind: 'unsubmitted' })
    await bench.redis.hset(header, 'status', 'running')
    const worker = await bench.work()
    await run.wait({ timeout: 20_000 })
    await worker.stop()
    await bench.redis.hdel(header, 'endedAt')
    await bench.redis.hset(header, 'status', 'running')
    expect((await whyRun(bench, run.id)).reason).toEqual({ kind: 'ending', workers: 0 })
  })

  it('runs before it fill the queue', async () => {
    const { open, wait } = gate()
    const roots = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`n${n}`, []]))
    const behaviours = Object.fromEntries(Object.keys(roots).map((name) => [name, wait]))
    const { pipeline } = shape('wide', roots, behaviours)
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ concurrency: 2 })
    const first = await bench.client.enqueue(pipeline)
    const second = await bench.client.enqueue(pipeline)
    await expect
      .poll(async () => (await whyRun(bench, first.id)).groups.map(({ kind }) => kind))
      .toEqual(['busy', 'running'])
    expect(await whyNode(bench, second.id, 'n3')).toMatchObject({
      kind: 'busy',
      queue: 'default',
      slots: 2,
      running: 2,
      workers: 1,
      by: [{ run: first.id, nodes: 2 }],
      place: { list: 'ready', position: 4, length: 80, runsAhead: 1 },
    })
    expect(await whyRun(bench, second.id)).toMatchObject({ moving: false, groups: [{ count: 80 }] })
    open()
    await Promise.all([first, second].map(async (run) => run.wait({ timeout: 20_000 })))
  })

  it('a cancel is under way, and which node still runs', async () => {
    const { open, wait } = gate()
    const { pipeline } = shape('stop', { a: [], b: ['a'] }, { a: wait })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ name: 'w' })
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(async () => (await whyNode(bench, run.id, 'a')).kind).toBe('running')
    await run.cancel()
    const why = await whyRun(bench, run.id)
    expect(why.reason).toEqual({ kind: 'cancelling', running: 1, workers: 1 })
    expect(await whyNode(bench, run.id, 'b')).toMatchObject({ kind: 'cancelling' })
    expect(await whyNode(bench, run.id, 'a')).toMatchObject({ kind: 'running', cancelling: true })
    open()
    await run.wait({ timeout: 20_000 })
  })

  it('its queue was obliterated, with and without a worker to put it back', async () => {
    const { pipeline } = shape('gone', { a: [] }, {}, { a: { queue: 'slow' } })
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    await queueOf(bench, 'slow').obliterate({ force: true })
    expect(await whyNode(bench, run.id, 'a')).toEqual({ kind: 'vanished', workers: 0 })
    const why = await whyRun(bench, run.id)
    expect(why).toMatchObject({ moving: false, reason: { kind: 'node', node: 'a' } })
    expect(runReasonText(why)).toMatchObject({ todo: 'Start a worker: pipewright worker' })
  })

  it('a dataset is still to be published, and what the last try found', async () => {
    const { pipeline } = shape('refused', { a: [] })
    const catalog = { a_out: { type: 'json', filepath: 'file/a.json', versioned: false } }
    const bench = await workbench({ pipelines: [pipeline], catalog })
    const path = join(bench.root, 'file', 'a.json')
    await mkdir(path, { recursive: true })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    await expect
      .poll(async () => (await whyRun(bench, run.id)).reason, { timeout: 10_000 })
      .toMatchObject({
        kind: 'publication',
        count: 1,
        publications: [{ node: 'a', dataset: 'a_out', path, problem: expect.any(String) }],
      })
    expect(await whyNode(bench, run.id, 'a')).toMatchObject({ kind: 'publication' })
    await rmdir(path)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    await expect.poll(async () => bench.redis.keys(`${bench.prefix}:publication:*`)).toEqual([])
  })

  it('nodes wait in parts of the backlog', async () => {
    const graph = Object.fromEntries(Array.from({ length: 1100 }, (_, n) => [`n${n}`, []]))
    const { pipeline } = shape('many', graph)
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    expect(await whyNode(bench, run.id, 'n1099')).toMatchObject({
      kind: 'backlog',
      position: 2,
      length: 2,
      workers: 0,
    })
    const why = await whyRun(bench, run.id)
    expect(why.groups.map(({ kind, count }) => [kind, count])).toEqual([
      ['no-worker', 512],
      ['backlog', 588],
    ])
  })

  it('a node failed, and what was skipped for it', async () => {
    const { pipeline } = shape('broken', diamond, {
      b: () => {
        throw new TypeError('no')
      },
    })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    await run.wait({ timeout: 20_000 })
    expect((await whyRun(bench, run.id)).reason).toMatchObject({
      kind: 'ended',
      status: 'failed',
      failure: { node: 'b', error: { code: 'TypeError', message: 'no' } },
    })
    expect(await whyNode(bench, run.id, 'e')).toMatchObject({ status: 'skipped', because: 'b' })
  })
})

it('a wrong name gets the nearest ones, and an unknown run is told', async () => {
  const { pipeline } = shape('names', { train: [] })
  const bench = await workbench({ pipelines: [pipeline] })
  const run = await bench.client.enqueue(pipeline)
  await expect(run.why('trian')).rejects.toMatchObject({
    code: 'UNKNOWN_NODE',
    hint: 'Did you mean "train"?',
  })
  await expect(bench.client.why('nope')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})
