import { keys } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { shape, workbench } from '../support/workbench.ts'

/** A pipeline whose nodes write their names down when they run. */
function recorded(
  name: string,
  graph: Readonly<Record<string, readonly string[]>>,
  order: string[],
  settings: Parameters<typeof shape>[3] = {},
): ReturnType<typeof shape>['pipeline'] {
  const behaviours = Object.fromEntries(
    Object.keys(graph).map((node) => [node, () => void order.push(`${name}/${node}`)]),
  )
  return shape(name, graph, behaviours, settings).pipeline
}

const chain = (length: number): Record<string, string[]> =>
  Object.fromEntries(Array.from({ length }, (_, at) => [`n${at}`, at === 0 ? [] : [`n${at - 1}`]]))
const roots = (count: number): Record<string, string[]> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, []]))

describe('runs of one priority above 0', () => {
  it('take turns: a long one does not keep a short one waiting', async () => {
    const order: string[] = []
    const long = recorded('long', chain(30), order)
    const short = recorded('short', { only: [] }, order)
    const bench = await workbench({ pipelines: [long, short] })
    const runs = [
      await bench.client.enqueue(short, { priority: 5 }),
      await bench.client.enqueue(long, { priority: 5 }),
    ]
    await bench.work({ concurrency: 1 })
    for (const run of runs) await run.wait({ timeout: 20_000 })
    expect(order.indexOf('short/only')).toBeLessThan(2)
  })
})

describe('runs of two priorities above 0', () => {
  it('go in their order, before all others', async () => {
    const order: string[] = []
    const usual = recorded('usual', roots(40), order)
    const middle = recorded('middle', roots(6), order)
    const high = recorded('high', { only: [] }, order)
    const bench = await workbench({ pipelines: [usual, middle, high] })
    const runs = [
      await bench.client.enqueue(usual),
      await bench.client.enqueue(high, { priority: 9 }),
      await bench.client.enqueue(middle, { priority: 5 }),
    ]
    await bench.work({ concurrency: 1 })
    for (const run of runs) await run.wait({ timeout: 20_000 })
    expect(order[0]).toBe('high/only')
    expect(order.slice(1, 7).every((each) => each.startsWith('middle/'))).toBe(true)
  })
})

describe('a limit of runs that has room again', () => {
  it('is not taken by a new run before those that wait', async () => {
    const { pipeline } = shape('limited', { a: [] })
    const limited = { ...pipeline, concurrency: { runs: 1 } }
    const bench = await workbench({ pipelines: [limited] })
    const first = await bench.client.enqueue(limited)
    const second = await bench.client.enqueue(limited)
    // Whoever finds the limit full looks who is still there; nobody is told.
    await bench.redis.del(keys.run(bench.prefix, first.id))
    const third = await bench.client.enqueue(limited)
    const fourth = await bench.client.enqueue(limited, { priority: 1 })
    await bench.ledger.advance()
    const statuses = async (): Promise<readonly string[]> =>
      Promise.all([second, third, fourth].map(async (run) => (await run.get()).status))
    expect(await statuses()).toEqual(['pending', 'pending', 'running'])
    await fourth.cancel()
    await bench.ledger.advance()
    expect(await statuses()).toEqual(['running', 'pending', 'cancelled'])
  })
})

describe('a cancelled run', () => {
  it('of a priority of its own leaves no trace among those that wait', async () => {
    const { pipeline } = shape('wide', roots(40))
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline, { priority: 3 })
    expect(await bench.redis.exists(keys.levels(bench.prefix, 'default'))).toBe(1)
    await run.cancel()
    expect(await bench.redis.exists(keys.levels(bench.prefix, 'default'))).toBe(0)
  })
})
