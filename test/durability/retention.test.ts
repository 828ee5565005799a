import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { capOutbox, keys, sweepPlans } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { shape, workbench, type Workbench } from '../support/workbench.ts'

const graph = { a: [], b: ['a'] }

/** Every key under the workbench's prefix, with what sets, lists and hashes of all runs hold. */
async function everything({ redis, prefix }: Workbench): Promise<readonly string[]> {
  const names = await redis.keys(`${prefix.replaceAll(/[{}]/g, (brace) => `\\${brace}`)}:*`)
  const shared = await Promise.all([
    redis.zrange(keys.activeRuns(prefix), '0', '-1'),
    redis.zrange(keys.finishedRuns(prefix), '0', '-1'),
    redis.zrange(keys.due(prefix), '0', '-1'),
    redis.zrange(keys.publications(prefix), '0', '-1'),
    redis.lrange(keys.backlog(prefix), 0, -1),
    redis.lrange(keys.deadLetters(prefix, 'mlflow'), 0, -1),
    redis.hgetall(keys.published(prefix)).then((orders) => Object.keys(orders)),
  ])
  return [...names, ...shared.flat()]
}

/** What an adapter, a file of the store and an event that MLflow refused leave of a run. */
async function leaveTraces(bench: Workbench, run: string): Promise<void> {
  const { redis, prefix, root } = bench
  await redis.hset(keys.mlflowRuns(prefix, run), { parent: 'x' })
  const entry = JSON.stringify({ type: 'run_finished', run, status: 'succeeded', at: 1 })
  const letter = JSON.stringify({ id: '1-1', at: 1, code: 'MLFLOW_REFUSED', message: 'no', entry })
  await redis.rpush(keys.deadLetters(prefix, 'mlflow'), letter)
  await mkdir(join(root, 'store/runs', run), { recursive: true })
  await writeFile(join(root, 'store/runs', run, 'a@1@big.json'), '{"much":1}')
}

const folders = async ({ root }: Workbench): Promise<readonly string[]> =>
  readdir(join(root, 'store/runs')).catch(() => [])

describe('retention', () => {
  it('leaves no key, no entry and no file of a run when its time is over', async () => {
    const { pipeline } = shape(
      'gone',
      graph,
      {
        b: (call) => {
          if (call === 1) throw new Error('once')
        },
      },
      { b: { retries: 1 } },
    )
    const catalog = {
      b_out: { type: 'json' as const, filepath: 'data/b.json', versioned: false },
    }
    const bench = await workbench({ pipelines: [pipeline], catalog })
    await bench.work({ reconcileEvery: 50 })
    const options = { key: 'monthly', retention: { succeeded: 3000, failed: 3000 } }
    const gone = await bench.client.enqueue(pipeline, options)
    await gone.wait({ timeout: 20_000 })
    await leaveTraces(bench, gone.id)
    const kept = await bench.client.enqueue(pipeline, { key: 'kept' })
    await kept.wait({ timeout: 20_000 })
    await leaveTraces(bench, kept.id)
    await expect
      .poll(async () => (await everything(bench)).filter((text) => text.includes(gone.id)), {
        timeout: 20_000,
      })
      .toEqual([])
    expect(await folders(bench)).toEqual([kept.id])
    const left = await everything(bench)
    expect(left).not.toContain(keys.idempotency(bench.prefix, 'monthly'))
    expect(left).toContain(keys.idempotency(bench.prefix, 'kept'))
    expect(left.filter((text) => text.includes(kept.id)).length).toBeGreaterThan(4)
    expect(await readFile(join(bench.root, 'data/b.json'), 'utf8')).toContain('2')
    // the key names nothing any more, so it starts a new run
    expect((await bench.client.enqueue(pipeline, options)).id).not.toBe(gone.id)
  })

  it('keeps the newest ended runs, as many as configured', async () => {
    const { pipeline } = shape('counted', graph)
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ reconcileEvery: 50, keepRuns: 2 })
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) {
      const run = await bench.client.enqueue(pipeline)
      await leaveTraces(bench, run.id)
      await run.wait({ timeout: 20_000 })
      ids.push(run.id)
    }
    const ended = async (): Promise<readonly string[]> =>
      bench.redis.zrange(keys.finishedRuns(bench.prefix), '0', '-1')
    await expect.poll(ended, { timeout: 20_000 }).toEqual(ids.slice(3))
    expect(await folders(bench)).toEqual(ids.slice(3))
    const left = await everything(bench)
    for (const id of ids.slice(0, 3)) expect(left.filter((text) => text.includes(id))).toEqual([])
  })

  it('removes plans that no kept run follows, and the client stores one again when it is needed', async () => {
    const used = shape('used', graph).pipeline
    const unused = shape('unused', { a: [] }).pipeline
    const bench = await workbench({ pipelines: [used, unused] })
    await bench.work()
    const once = await bench.client.enqueue(unused)
    await once.wait({ timeout: 20_000 })
    const run = await bench.client.enqueue(used)
    await run.wait({ timeout: 20_000 })
    const plans = [(await run.get()).plan, (await once.get()).plan] as const
    const { redis, prefix } = bench
    expect(await sweepPlans(redis, prefix, 60_000)).toEqual([])
    expect((await bench.client.prune({ keep: 1 })).runs.map(({ id }) => id)).toEqual([once.id])
    expect(await sweepPlans(redis, prefix, -1000)).toEqual([plans[1]])
    expect(await redis.exists(keys.plan(prefix, plans[0]), keys.plan(prefix, plans[1]))).toBe(1)
    const again = await bench.client.enqueue(unused)
    expect((await again.wait({ timeout: 20_000 })).status).toBe('succeeded')
  })

  it('keeps the outbox under its cap although a consumer group is gone for good', async () => {
    const { pipeline } = shape('told', graph)
    const bench = await workbench({ pipelines: [pipeline] })
    const outbox = keys.outbox(bench.prefix)
    await bench.redis.xgroup('CREATE', outbox, 'gone-for-good', '0', 'MKSTREAM')
    const filler = Array.from({ length: 400 }, (_, n) => n)
    for (const n of filler) await bench.redis.xadd(outbox, '*', 'e', `${n} ${'x'.repeat(200)}`)
    await bench.work({ reconcileEvery: 50, outboxMaxBytes: 20_000 })
    await expect
      .poll(async () => bench.redis.memory('USAGE', outbox, 'SAMPLES', 50), { timeout: 20_000 })
      .toBeLessThanOrEqual(20_000)
    expect(await bench.redis.xlen(outbox)).toBeGreaterThan(10)
    const [first] = await bench.redis.xrange(outbox, '-', '+', 'COUNT', 1)
    const gap = await bench.redis.hget(keys.outboxGaps(bench.prefix), 'gone-for-good')
    expect(gap).toBe(first?.[0])
  })

  it('marks only the groups that had not acknowledged what goes', async () => {
    const bench = await workbench({ pipelines: [] })
    const { redis, prefix } = bench
    const outbox = keys.outbox(prefix)
    const ids = await Promise.all(
      [1, 2, 3, 4].map(async (n) => redis.xadd(outbox, '*', 'e', `${n}`)),
    )
    for (const group of ['done', 'holding', 'behind'])
      await redis.xgroup('CREATE', outbox, group, '0')
    for (const group of ['done', 'holding'])
      await redis.xreadgroup('GROUP', group, 'x', 'STREAMS', outbox, '>')
    await redis.xack(outbox, 'done', ...ids.map(String))
    await capOutbox(redis, prefix, { maxBytes: 0, maxAge: 60_000 })
    expect((await redis.hkeys(keys.outboxGaps(prefix))).toSorted()).toEqual([
      '*',
      'behind',
      'holding',
    ])
  })
})

describe('prune', () => {
  it('removes exactly what a dry run says, and nothing of runs that have not ended', async () => {
    const { pipeline } = shape('pruned', graph, {
      b: (call) => {
        if (call === 2) throw new Error('no')
      },
    })
    const bench = await workbench({ pipelines: [pipeline] })
    const worker = await bench.work()
    const ended: string[] = []
    for (let n = 0; n < 3; n += 1) {
      const run = await bench.client.enqueue(pipeline, { key: `key-${n}` })
      await run.wait({ timeout: 20_000 })
      await leaveTraces(bench, run.id)
      ended.push(run.id)
    }
    await worker.stop()
    const waiting = await bench.client.enqueue(pipeline, { key: 'waiting' })
    await leaveTraces(bench, waiting.id)
    const store = join(bench.root, 'store')
    const before = await everything(bench)

    const choice = { store, status: 'succeeded' as const, keep: 1 }
    const told = await bench.client.prune({ ...choice, dryRun: true })
    expect(await everything(bench)).toEqual(before)
    expect(told.runs.map(({ id }) => id)).toEqual([ended[0]])
    expect(told).toMatchObject({ files: 1, fileBytes: 10, deadLetters: 1 })
    expect(await bench.client.prune(choice)).toEqual(told)
    const after = await everything(bench)
    const gone = before.filter((text) => !after.includes(text))
    expect(gone.filter((text) => text.startsWith(`${bench.prefix}:`))).toHaveLength(told.keys)
    expect(after.filter((text) => text.includes(ended[0] ?? ''))).toEqual([])
    await expect(access(join(store, 'runs', ended[0] ?? ''))).rejects.toThrow('ENOENT')

    const rest = await bench.client.prune({ store, dryRun: true })
    expect(rest.runs.map(({ status }) => status)).toEqual(['succeeded', 'failed'])
    expect(await bench.client.prune({ store })).toEqual(rest)
    expect(await folders(bench)).toEqual([waiting.id])
    expect((await waiting.get()).status).toBe('running')
    expect((await bench.client.enqueue(pipeline, { key: 'waiting' })).id).toBe(waiting.id)
    await bench.work()
    expect((await waiting.wait({ timeout: 20_000 })).status).toBe('succeeded')
  })

  it('leaves the files to the workers where it does not know the store', async () => {
    const { pipeline } = shape('elsewhere', graph)
    const bench = await workbench({ pipelines: [pipeline] })
    const worker = await bench.work()
    const run = await bench.client.enqueue(pipeline)
    await run.wait({ timeout: 20_000 })
    await leaveTraces(bench, run.id)
    expect((await bench.client.prune({ olderThan: 3_600_000 })).runs).toEqual([])
    expect((await bench.client.prune()).runs).toHaveLength(1)
    expect(await folders(bench)).toEqual([run.id])
    await worker.stop()
    await bench.work({ reconcileEvery: 50 })
    await expect.poll(async () => folders(bench), { timeout: 20_000 }).toEqual([])
  })
})
