import { compile, keys, Ledger, storePlan } from '@pipewright/engine/internal'
import { describe, expect, it, vi } from 'vitest'

import { shape, workbench } from '../support/workbench.ts'

describe('a plan', () => {
  it('is written again when the server lost its fields before it was complete', async () => {
    const { pipeline } = shape('lost', { only: [], next: ['only'] })
    const bench = await workbench({ pipelines: [pipeline] })
    const sent = vi.spyOn(bench.ledger.redis, 'hset')
    const complete = bench.redis.eval.bind(bench.redis)
    let failures = 1
    vi.spyOn(bench.redis, 'eval').mockImplementation(async (...given) => {
      if (failures > 0) {
        failures -= 1
        await bench.redis.unlink(String(given[2]))
      }
      return complete(...given)
    })
    const compiled = compile(pipeline)
    await storePlan(bench.redis, bench.prefix, compiled)
    expect(sent).toHaveBeenCalledTimes(2)
    const key = keys.plan(bench.prefix, compiled.hash)
    expect(await bench.redis.hget(key, 'total')).toBe('2')
    expect(await bench.redis.hexists(key, 'json')).toBe(1)
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
  })

  it('that nothing keeps is no run: enqueue says so', async () => {
    const { pipeline } = shape('vanishing', { only: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    vi.spyOn(Ledger.prototype, 'submit').mockResolvedValue({
      state: 'no-plan',
      run: 'none',
      backlog: 0,
    })
    await expect(bench.client.enqueue(pipeline)).rejects.toMatchObject({ code: 'PLAN_MISSING' })
    vi.restoreAllMocks()
  })
})
