import { FatalNodeError } from '@pipewright/engine'
import { keys } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { countOf, shape, statusesOf, workbench } from '../support/workbench.ts'

const diamond = { top: [], left: ['top'], right: ['top'], bottom: ['left', 'right'] }

describe('a run', () => {
  it('runs the shared node of a diamond once and joins both branches', async () => {
    const { pipeline, calls } = shape('diamond', diamond)
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect(await run.wait()).toMatchObject({ status: 'succeeded', finished: 4, total: 4 })
    expect(calls).toEqual({ top: 1, left: 1, right: 1, bottom: 1 })
    expect(await countOf(run, 'bottom')).toBe(5)
    const events = await bench.events()
    expect(events.filter((event) => event.type === 'node_finished')).toHaveLength(4)
    expect(events.at(0)?.type).toBe('run_created')
    expect(events.at(-1)).toMatchObject({ type: 'run_finished', status: 'succeeded' })
  })

  it('leaves no job and no timer behind', async () => {
    const { pipeline } = shape('diamond', diamond)
    const bench = await workbench({ pipelines: [pipeline] })
    const worker = await bench.work()
    await (await bench.client.enqueue(pipeline)).wait()
    await worker.stop()
    const left = await bench.redis.keys(`${bench.prefix.replaceAll(/[{}]/g, '?')}:*`)
    const jobs = left.filter((key) => /:queue:default:.*\//.test(key))
    expect(jobs).toEqual([])
    expect(await bench.redis.zcard(keys.due(bench.prefix))).toBe(0)
    expect(await bench.redis.llen(`${keys.queuePrefix(bench.prefix)}:default:active`)).toBe(0)
  })

  it('skips everything downstream of a failed node and goes on elsewhere', async () => {
    const graph = {
      top: [],
      bad: ['top'],
      after: ['bad'],
      later: ['after', 'good'],
      good: ['top'],
      end: ['good'],
    }
    const { pipeline, calls } = shape('partly', graph, {
      bad: () => {
        throw new Error('no such luck')
      },
    })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait()).status).toBe('failed')
    expect(await statusesOf(run)).toEqual({
      top: 'succeeded',
      bad: 'failed',
      after: 'skipped',
      later: 'skipped',
      good: 'succeeded',
      end: 'succeeded',
    })
    expect(calls).toEqual({ top: 1, bad: 1, good: 1, end: 1 })
    const bad = (await run.nodes()).find(({ node }) => node === 'bad')
    expect(bad?.error).toMatchObject({ code: 'Error', message: 'no such luck' })
  })

  it('tries a failed attempt again, and records each', async () => {
    const { pipeline, calls } = shape(
      'flaky',
      { only: [] },
      {
        only: (call) => {
          if (call < 3) throw new Error(`try ${call}`)
        },
      },
      { only: { retries: 2 } },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait()).status).toBe('succeeded')
    expect(calls).toEqual({ only: 3 })
    const events = await bench.events()
    const attempts = events.flatMap((event) =>
      event.type === 'node_retrying' || event.type === 'node_finished'
        ? [[event.type, event.attempt]]
        : [],
    )
    expect(attempts).toEqual([
      ['node_retrying', 1],
      ['node_retrying', 2],
      ['node_finished', 3],
    ])
  })

  it('spends no retry on a fatal error', async () => {
    const { pipeline, calls } = shape(
      'fatal',
      { only: [] },
      {
        only: () => {
          throw new FatalNodeError('never')
        },
      },
      { only: { retries: 5 } },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait()).status).toBe('failed')
    expect(calls).toEqual({ only: 1 })
  })

  it('wakes the worker of another queue for a dependent there, and back', async () => {
    const { pipeline } = shape('queues', { a: [], b: ['a'], c: ['b'] }, {}, { b: { queue: 'gpu' } })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ queues: ['default'] })
    await bench.work({ queues: ['gpu'], name: 'gpu-worker' })
    const runs = []
    for (let i = 0; i < 10; i += 1) {
      const run = await bench.client.enqueue(pipeline)
      runs.push((await run.wait()).status)
      expect((await run.nodes()).map(({ worker }) => worker === 'gpu-worker')).toEqual([
        false,
        true,
        false,
      ])
    }
    expect(new Set(runs)).toEqual(new Set(['succeeded']))
  })

  it('gives the same run for the same key, and refuses the key with other params', async () => {
    const { pipeline } = shape('keyed', { only: [] })
    const other = shape('other', { only: [] })
    const bench = await workbench({ pipelines: [pipeline, other.pipeline] })
    const [first, second] = await Promise.all([
      bench.client.enqueue(pipeline, { key: 'k' }),
      bench.client.enqueue(pipeline, { key: 'k' }),
    ])
    expect(second.id).toBe(first.id)
    await expect(bench.client.enqueue(other.pipeline, { key: 'k' })).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
    })
    expect(await bench.client.runs.newest()).toHaveLength(1)
  })
})

describe("a user's error", () => {
  it.each([
    'WaitingError',
    'DelayedError',
    'WaitingChildrenError',
    'UnrecoverableError',
    'RateLimitError',
  ])('named %s is data: it is tried again as any other', async (name) => {
    const { pipeline, calls } = shape(
      'named',
      { only: [] },
      {
        only: () => {
          throw Object.assign(new Error('bullmq:rateLimitExceeded'), { name })
        },
      },
      { only: { retries: 1 } },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait()).status).toBe('failed')
    expect(calls).toEqual({ only: 2 })
  })
})
