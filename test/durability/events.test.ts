import { connect, type RunEvent, type RunHandle } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { redisProxy } from '../support/redis-proxy.ts'
import { shape, workbench, type Shape, type Workbench } from '../support/workbench.ts'

/** Three chains of four nodes that join: order matters, and some nodes run side by side. */
function braid(behaviours: Parameters<typeof shape>[2] = {}): Shape {
  const graph: Record<string, readonly string[]> = { first: [] }
  for (const chain of ['a', 'b', 'c'])
    for (let at = 0; at < 4; at += 1)
      graph[`${chain}${at}`] = [at === 0 ? 'first' : `${chain}${at - 1}`]
  return shape('braid', { ...graph, last: ['a3', 'b3', 'c3'] }, behaviours)
}

/** Reads events to the end, or until so many have come. */
async function read(
  run: RunHandle,
  cursor?: string,
  until: (event: RunEvent, count: number) => boolean = () => false,
): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  for await (const event of run.events({ cursor })) {
    events.push(event)
    if (until(event, events.length)) break
  }
  return events
}

/** What is always told: the begin, the ends of the nodes, the end. */
function told(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'node_finished') return [event.node]
    return event.type === 'run_created' || event.type === 'run_finished' ? [event.type] : []
  })
}

/** Nothing comes before what it follows from. */
function assertOrder(events: readonly string[]): void {
  expect(events.at(0)).toBe('run_created')
  expect(events.at(-1)).toBe('run_finished')
  expect(events).toHaveLength(16)
  expect(new Set(events).size).toBe(16)
  for (const chain of ['a', 'b', 'c'])
    for (let at = 0; at < 3; at += 1)
      expect(events.indexOf(`${chain}${at}`)).toBeLessThan(events.indexOf(`${chain}${at + 1}`))
}

async function trim(bench: Workbench): Promise<void> {
  await bench.redis.xtrim(keys.outbox(bench.prefix), 'MAXLEN', 0)
}

describe('the events of a run', () => {
  it('come while it goes on, once and in order, and end with its end', async () => {
    const { pipeline } = braid()
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    const other = await bench.client.enqueue(pipeline)
    const reading = Promise.all([read(run), read(run), read(other)])
    await bench.work()
    const [events, again, others] = await reading
    assertOrder(told(events))
    expect(again).toEqual(events)
    assertOrder(told(others))
    expect(others.every((event) => event.run === other.id)).toBe(true)
  })

  it('come from the beginning of a run that has ended, whatever the outbox still has', async () => {
    const { pipeline } = braid()
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    await bench.work()
    await run.wait()
    const fromStream = await read(run)
    await trim(bench)
    const fromLedger = await read(run)
    assertOrder(told(fromStream))
    assertOrder(told(fromLedger))
    expect(fromLedger.filter(({ type }) => type === 'node_finished')).toHaveLength(14)
  })

  it('go on after every cursor, in any process, with the outbox and without', async () => {
    const { pipeline } = braid()
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    await bench.work()
    await run.wait()
    const service = await connect({ redis: bench.url, prefix: bench.prefix })
    onTestFinished(() => service.close())
    const elsewhere = await service.run(run.id)
    const all = await read(run)
    for (const isTrimmed of [false, true]) {
      if (isTrimmed) await trim(bench)
      for (const [at, { cursor }] of all.entries()) {
        const rest = await read(elsewhere, cursor)
        expect(told(rest).toSorted()).toEqual(told(all.slice(at + 1)).toSorted())
      }
    }
    await expect(read(run, '1-1/7-3')).rejects.toMatchObject({ code: 'INVALID_CURSOR' })
  })

  it('are all told although entries vanish while they are read', async () => {
    const bodies = Promise.withResolvers<void>()
    const { pipeline } = braid({ a2: () => bodies.promise, b1: () => bodies.promise })
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    await bench.work()
    const trimming = new AbortController()
    const trims = (async () => {
      while (!trimming.signal.aborted) await trim(bench)
    })()
    const events = await read(run, undefined, (event) => {
      if (event.type === 'node_finished' && event.node === 'c3') bodies.resolve()
      return false
    })
    trimming.abort()
    await trims
    // An entry that vanished before it was read is made up for later, so only its place may be another.
    expect(told(events).toSorted()).toEqual(told(await read(run)).toSorted())
    expect(told(events)).toHaveLength(16)
  })

  it('survive a network that is cut, and what is trimmed meanwhile', async () => {
    const bodies = Promise.withResolvers<void>()
    const { pipeline } = braid({ a1: () => bodies.promise })
    const bench = await workbench({ pipelines: [pipeline] })
    const proxy = await redisProxy(bench.url)
    const service = await connect({ redis: proxy.url, prefix: bench.prefix })
    onTestFinished(async () => {
      await service.close()
      await proxy.close()
    })
    const run = await bench.client.enqueue(pipeline)
    const followed = await service.run(run.id)
    const cut = Promise.withResolvers<void>()
    const reading = read(followed, undefined, (event) => {
      if (event.type === 'node_finished' && event.node === 'c1') cut.resolve()
      return false
    })
    await bench.work()
    await cut.promise
    proxy.halfOpen()
    bodies.resolve()
    await run.wait()
    await trim(bench)
    const events = told(await reading)
    assertOrder(events)
    expect(events).toContain('a1')
  })

  it('end when the signal is aborted, or when they are left', async () => {
    const bodies = Promise.withResolvers<void>()
    const { pipeline } = braid({ a1: () => bodies.promise })
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    await bench.work()
    const stop = new AbortController()
    let count = 0
    for await (const event of run.events({ signal: stop.signal })) {
      count += 1
      if (event.type === 'node_finished' && event.node === 'c3') stop.abort()
    }
    expect(count).toBeGreaterThan(5)
    expect(await read(run, undefined, (_, had) => had === 3)).toHaveLength(3)
    bodies.resolve()
    await run.wait()
  })
})
