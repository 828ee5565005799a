import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { keys } from '@pipewright/engine/internal'
import { Queue } from 'bullmq'
import { describe, expect, it, onTestFinished } from 'vitest'

import { shape, statusesOf, workbench } from '../support/workbench.ts'

const graph = { a: [], b: [], join: ['a', 'b'] }

describe('the reconciler', () => {
  it('puts back node runs whose queue was obliterated, and runs no ended one again', async () => {
    const { pipeline, calls } = shape('removed', graph, {}, { b: { queue: 'slow' } })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ queues: ['default'], reconcileEvery: 100 })
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(async () => (await statusesOf(run))['a']).toBe('succeeded')
    const queue = new Queue('slow', {
      connection: bench.redis,
      prefix: keys.queuePrefix(bench.prefix),
    })
    onTestFinished(async () => queue.close())
    await queue.obliterate({ force: true })
    await bench.work({ queues: ['slow'], reconcileEvery: 100 })
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ a: 1, b: 1, join: 1 })
  })

  it('is kept from no run, and from no plan to remove, by one that it cannot read', async () => {
    const { pipeline } = shape('unreadable', { only: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const unreadable = await bench.client.enqueue(pipeline)
    const run = await bench.client.enqueue(pipeline)
    // as a later version might write it
    const later = '{"type":"node_finished","status":"postponed"}'
    await bench.redis.hset(keys.nodes(bench.prefix, unreadable.id), '0', later)
    // of the wrong type, as if a user might not look at it: the sweep of runs fails
    await bench.redis.zadd(keys.finishedRuns(bench.prefix), 1, 'gone')
    await bench.redis.set(keys.deadLetters(bench.prefix, 'mlflow'), 'no list')
    await bench.redis.zadd(keys.plans(bench.prefix), 1, 'unused')
    await bench.redis.hset(keys.plan(bench.prefix, 'unused'), 'json', '{}')
    const queue = `${keys.queuePrefix(bench.prefix)}:default`
    await bench.redis.unlink(
      `${queue}:wait`,
      `${queue}:${unreadable.id}/only/1`,
      `${queue}:${run.id}/only/1`,
    )
    await bench.work({ reconcileEvery: 100 })
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    await expect
      .poll(async () => bench.redis.exists(keys.plan(bench.prefix, 'unused')), { timeout: 10_000 })
      .toBe(0)
  })

  it('sees a retry whose timer was lost', async () => {
    const { pipeline, calls } = shape(
      'timer',
      { only: [] },
      {
        only: (call) => {
          if (call === 1) throw new Error('once')
        },
      },
      { only: { retries: 1, backoff: { delay: '1h', maxDelay: '1h', jitter: 0 } } },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ reconcileEvery: 100 })
    const run = await bench.client.enqueue(pipeline)
    await expect.poll(async () => bench.redis.zcard(keys.due(bench.prefix))).toBe(1)
    await bench.redis.del(keys.due(bench.prefix))
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(calls).toEqual({ only: 2 })
    // A second attempt might have started, and nobody would know.
    expect((await run.nodes())[0]?.attempt).toBe(3)
  })

  it('leaves a run alone that waits for a worker or for time', async () => {
    const settings = {
      b: { queue: 'nobody' },
      late: { retries: 1, backoff: { delay: '1h', maxDelay: '1h', jitter: 0 } as const },
    }
    const { pipeline, calls } = shape(
      'waiting',
      { ...graph, late: [] },
      {
        late: () => {
          throw new Error('always')
        },
      },
      settings,
    )
    const canary = shape('canary', { only: [] }, {}, { only: { queue: 'gone' } })
    const bench = await workbench({ pipelines: [pipeline, canary.pipeline] })
    const run = await bench.client.enqueue(pipeline)
    const lost = await bench.client.enqueue(canary.pipeline)
    const waiting = (queue: string): Promise<string[]> =>
      bench.redis.lrange(`${keys.queuePrefix(bench.prefix)}:${queue}:wait`, 0, -1)
    await bench.work({ reconcileEvery: 50 })
    await expect.poll(async () => bench.redis.zcard(keys.due(bench.prefix))).toBe(1)
    // The canary is the younger run: when it is put back, the older one has been looked at in the same pass.
    for (let generation = 1; generation <= 3; generation += 1) {
      await bench.redis.del(`${keys.queuePrefix(bench.prefix)}:gone:wait`)
      await expect.poll(async () => waiting('gone')).toEqual([`${lost.id}/only/${generation + 1}`])
    }
    expect(await waiting('nobody')).toEqual([`${run.id}/b/1`])
    expect(calls).toEqual({ a: 1, late: 1 })
    expect(await bench.redis.zcard(keys.due(bench.prefix))).toBe(1)
  })

  it('removes the files of a run when its retention is over, and no others', async () => {
    const { pipeline } = shape('kept', { a: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const files = async (): Promise<readonly string[]> =>
      readdir(join(bench.root, 'store/runs')).catch(() => [])
    const kept = await bench.client.enqueue(pipeline)
    const gone = await bench.client.enqueue(pipeline, { retention: { succeeded: 1, failed: 1 } })
    for (const { id } of [kept, gone]) {
      await mkdir(join(bench.root, 'store/runs', id), { recursive: true })
      await writeFile(join(bench.root, 'store/runs', id, 'a@1@a_out.json'), '{}')
    }
    await bench.work({ reconcileEvery: 50 })
    await kept.wait()
    const left = async (): Promise<readonly string[]> =>
      (
        await Promise.all(
          (await files()).map(async (id) => readdir(join(bench.root, 'store/runs', id))),
        )
      ).flat()
    await expect.poll(left, { timeout: 20_000 }).toEqual(['a@1@a_out.json'])
    expect(await readdir(join(bench.root, 'store/runs', kept.id))).toHaveLength(1)
    await expect
      .poll(async () => bench.redis.zrange(keys.finishedRuns(bench.prefix), '0', '-1'))
      .toEqual([kept.id])
  })

  it('trims an outbox that nobody has ever read by its age, and keeps it longer for a consumer', async () => {
    const { pipeline } = shape('unread', { a: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const outbox = keys.outbox(bench.prefix)
    // Streams are trimmed by whole blocks of about a hundred entries.
    const threeDaysAgo = Date.now() - 3 * 86_400_000
    const old = Array.from({ length: 300 }, (_, n) => `${threeDaysAgo}-${n}`)
    for (const id of old) await bench.redis.xadd(outbox, id, 'e', '{}')
    await bench.redis.xgroup('CREATE', outbox, 'someone', '0')
    const worker = await bench.work({ reconcileEvery: 50 })
    const run = await bench.client.enqueue(pipeline)
    await run.wait({ timeout: 20_000 })
    // A pass removes a run without a header just before it trims: when a second one is gone, the first pass has trimmed.
    for (const ghost of ['first', 'second']) {
      await bench.redis.zadd(keys.finishedRuns(bench.prefix), 1, ghost)
      const listed = async (): Promise<string | null> =>
        bench.redis.zscore(keys.finishedRuns(bench.prefix), ghost)
      await expect.poll(listed).toBeNull()
    }
    expect(await bench.redis.xlen(outbox)).toBe(303)
    await bench.redis.xgroup('DESTROY', outbox, 'someone')
    await expect.poll(async () => bench.redis.xlen(outbox), { timeout: 10_000 }).toBeLessThan(200)
    await worker.stop()
  })
})
