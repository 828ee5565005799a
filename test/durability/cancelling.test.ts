import { keys, runScript } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { arm, disarm, installFaults, removeFaults } from '../support/script-fault.ts'
import { shape, statusesOf, workbench } from '../support/workbench.ts'

function fail(): void {
  throw new Error('always')
}

describe('the cancellation of a run', () => {
  it('ends it and tells each of its nodes once, at whatever write an error has cut it before', async () => {
    const { pipeline } = shape('cut', { a: [], b: [], afterA: ['a'], afterB: ['b'] })
    const bench = await workbench({ pipelines: [pipeline] })
    installFaults(bench.prefix)
    onTestFinished(removeFaults)
    for (let write = 1, struck = true; struck; write += 1) {
      const run = await bench.client.enqueue(pipeline)
      await arm(bench.redis, bench.prefix, 'cancel', write)
      await run.cancel().catch(() => undefined)
      struck = !(await disarm(bench.redis, bench.prefix, 'cancel'))
      await run.cancel()
      expect((await run.get()).status, `write ${write}`).toBe('cancelled')
      expect(new Set(Object.values(await statusesOf(run)))).toEqual(new Set(['cancelled']))
      const told = (await bench.events()).flatMap((event) =>
        event.run === run.id && event.type === 'node_finished' ? [event.node] : [],
      )
      expect(told.toSorted(), `write ${write}`).toEqual(['a', 'afterA', 'afterB', 'b'])
    }
  })

  it('is made in parts where very much waits, whether for a worker or for time', async () => {
    const names = Array.from({ length: 400 }, (_, at) => `n${at}`)
    const { pipeline } = shape(
      'wide',
      Object.fromEntries(names.map((name) => [name, []])),
      Object.fromEntries(names.map((name) => [name, fail])),
      Object.fromEntries(
        names.map((name) => [
          name,
          { retries: 1, backoff: { delay: '1h', maxDelay: '1h', jitter: 0 } },
        ]),
      ),
    )
    const bench = await workbench({ pipelines: [pipeline] })
    const cancelOnce = async (id: string): Promise<unknown> =>
      runScript(bench.redis, 'cancel', [bench.prefix], [id, 64, 0])
    const waiting = await bench.client.enqueue(pipeline)
    expect(await cancelOnce(waiting.id)).toBe('more 0')
    expect(await bench.redis.hlen(keys.nodes(bench.prefix, waiting.id))).toBeLessThan(200)
    expect(await waiting.cancel()).toBe('cancelling')
    expect((await waiting.get()).status).toBe('cancelled')

    const worker = await bench.work()
    const retried = await bench.client.enqueue(pipeline)
    await expect
      .poll(async () => bench.redis.zcard(keys.due(bench.prefix)), { timeout: 20_000 })
      .toBe(400)
    await worker.stop()
    expect(await cancelOnce(retried.id)).toMatch(/^more \d+$/)
    expect(await bench.redis.hlen(keys.nodes(bench.prefix, retried.id))).toBeLessThan(200)
    expect(await retried.cancel()).toBe('cancelling')
    expect((await retried.get()).status).toBe('cancelled')
    expect(await bench.redis.zcard(keys.due(bench.prefix))).toBe(0)
  })
})
