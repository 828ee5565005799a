import type { RunHandle } from '@pipewright/engine/client'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { shape, workbench, type Behaviour, type Shape } from '../support/workbench.ts'

/** Numbers from a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A random graph whose nodes take some milliseconds, fail now and then, and lie on two queues. */
function randomShape(name: string, random: () => number): Shape {
  const names = Array.from({ length: 24 }, (_, n) => `n${n}`)
  const graph = Object.fromEntries(
    names.map((each, n) => [each, names.slice(0, n).filter(() => random() < 2 / (n + 1))]),
  )
  const behaviours: Record<string, Behaviour> = {}
  for (const each of names) {
    const [wait, failures] = [random() * 20, random() < 0.3 ? 1 : random() < 0.05 ? 9 : 0]
    behaviours[each] = async (call) => {
      await new Promise((resolve) => setTimeout(resolve, wait))
      if (call <= failures) throw new Error(`call ${call}`)
    }
  }
  const settings = Object.fromEntries(
    names.map((each) => [each, { retries: 2, queue: random() < 0.3 ? 'other' : 'default' }]),
  )
  return shape(name, graph, behaviours, settings)
}

describe('every run that has not ended', () => {
  it('has a reason at any moment, and so has each node of it, while runs are moved, cancelled and end', async () => {
    const random = randomOf(20_261_123)
    const shapes = Array.from({ length: 8 }, (_, n) => randomShape(`random-${n}`, random))
    const bench = await workbench({ pipelines: shapes.map(({ pipeline }) => pipeline) })
    const runs: RunHandle[] = []
    for (const { pipeline } of shapes) runs.push(await bench.client.enqueue(pipeline))
    const kinds = new Set<string>()
    const ask = async (run: RunHandle): Promise<boolean> => {
      const why = await run.why()
      const ended = Object.values(why.ended).reduce((sum, count) => sum + count, 0)
      const open = why.groups.reduce((sum, { count }) => sum + count, 0)
      for (const { kind } of [...why.groups, why.reason]) kinds.add(kind)
      expect(ended + open).toBe(why.total)
      const { reason } = await run.why(`n${Math.floor(random() * 24)}`)
      kinds.add(reason.kind)
      return why.reason.kind === 'ended'
    }
    for (const run of runs) await ask(run)
    await bench.work({ concurrency: 3 })
    for (const run of runs) await ask(run)
    await bench.work({ concurrency: 2, queues: ['other'] })
    await runs[3]?.cancel()
    let open: readonly RunHandle[] = runs
    while (open.length > 0) {
      const ended = await Promise.all(open.map(ask))
      open = open.filter((_, at) => ended[at] === false)
    }
    // Nothing was removed, so nothing was missed.
    expect(kinds).not.toContain('vanished')
    expect(kinds).toContain('no-worker')
    expect(kinds).toContain('inputs')
    expect(kinds).toContain('running')
  })
})

/** Commands that read a bounded part of a key, by what bounds them. */
const readers = [
  'exists hexists hlen llen lpos pttl get hget time zscore scard srandmember smismember',
  'hmget mget lrange zrevrange hgetall',
].join(' ')

describe('why', () => {
  it('only reads, in parts of at most 500, also of a run of 3,000 nodes', async () => {
    const graph = Object.fromEntries(
      Array.from({ length: 3000 }, (_, n) => [`n${n}`, n < 1500 ? [] : [`n${n - 1500}`]]),
    )
    const { pipeline } = shape('big', graph)
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    // What a worker does first: the rest of the roots go into the ready list.
    while ((await bench.ledger.advance()).backlog > 0);
    const sent = vi.spyOn(Redis.prototype, 'sendCommand')
    onTestFinished(() => sent.mockRestore())
    const why = await run.why()
    await run.why('n2999')
    const asked = sent.mock.calls.map(([{ name, args }]) => [name].concat(args.map(String)))
    expect(why.groups.map(({ kind, count }) => [kind, count])).toEqual([
      ['no-worker', 1500],
      ['inputs', 1500],
    ])
    expect(asked.length).toBeGreaterThan(10)
    for (const [name = '', , ...rest] of asked) {
      expect(readers.split(' ')).toContain(name.toLowerCase())
      expect(rest.length).toBeLessThanOrEqual(500)
    }
    const called = (name: string): string[][] => asked.filter(([each]) => each === name)
    const header = `${bench.prefix}:run:${run.id}`
    expect(called('hgetall').filter(([, key]) => key !== header)).toEqual([])
    const lengths = called('lrange').map(([, , first, last]) => Number(last) - Number(first) + 1)
    expect(Math.max(...lengths)).toBe(500)
  })
})
