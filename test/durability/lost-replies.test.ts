import { keys, type ScriptName } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { redisProxy } from '../support/redis-proxy.ts'
import { sharedRedisUrl } from '../support/redis.ts'
import { shape, workbench } from '../support/workbench.ts'

const graph = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'], e: ['d'], f: ['e'] }

describe('a reply that is lost after the script ran', () => {
  it.each<[ScriptName, number]>([
    ['settle', 6],
    ['claim', 3],
  ])('of %s is given again: nothing stalls, no body runs twice', async (script, times) => {
    const proxy = await redisProxy(sharedRedisUrl())
    onTestFinished(async () => proxy.close())
    const { pipeline, calls } = shape(
      'cut',
      graph,
      {
        b: (call) => {
          if (call === 1) throw new Error('once')
        },
      },
      { b: { retries: 1 } },
    )
    // With leases of ten minutes, a job that a lost reply had orphaned would outlast the test.
    const bench = await workbench({ pipelines: [pipeline] })
    const warm = await bench.client.enqueue(pipeline)
    await bench.work({ redis: proxy.url, lease: 600_000, checkEvery: 600_000, concurrency: 4 })
    await warm.wait()
    for (const name of Object.keys(calls)) calls[name] = 1
    proxy.cutReplies(script, times)
    const runs = []
    // One after the other, so that the queue runs dry and the worker claims anew.
    for (let i = 0; i < 6; i += 1) {
      const run = await bench.client.enqueue(pipeline)
      runs.push(await run.wait({ timeout: 20_000 }))
    }
    expect(proxy.cut).toBe(times)
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'succeeded'))
    expect(calls).toEqual({ a: 7, b: 7, c: 7, d: 7, e: 7, f: 7 })
    const events = await bench.events()
    expect(events.filter(({ type }) => type === 'node_finished')).toHaveLength(7 * 6)
    expect(events.filter(({ type }) => type === 'node_lost')).toEqual([])
    expect(await bench.redis.llen(`${keys.queuePrefix(bench.prefix)}:default:active`)).toBe(0)
  })

  it('of submit does not make a second run', async () => {
    const proxy = await redisProxy(sharedRedisUrl())
    onTestFinished(async () => proxy.close())
    const { pipeline } = shape('cut', graph)
    const bench = await workbench({ pipelines: [pipeline], url: proxy.url })
    await (await bench.client.enqueue(pipeline)).get()
    proxy.cutReplies('submit', 1)
    const run = await bench.client.enqueue(pipeline)
    expect(proxy.cut).toBe(1)
    await bench.work()
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(await bench.client.runs.newest()).toHaveLength(2)
  })
})
