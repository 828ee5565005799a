import { keys } from '@pipewright/engine/internal'
import { afterAll, describe, expect, it } from 'vitest'

import { arm, disarm, installFaults, removeFaults } from '../../support/script-fault.ts'
import { shape, workbench } from '../../support/workbench.ts'

describe('a run whose plan has vanished', () => {
  it('ends as failed with PLAN_MISSING, and its neighbours go on', async () => {
    const lost = shape('lost', { first: [], second: ['first'] })
    const other = shape('other', { only: [] })
    const bench = await workbench({ pipelines: [lost.pipeline, other.pipeline] })
    const run = await bench.client.enqueue(lost.pipeline)
    const { plan } = await run.get()
    await bench.redis.del(keys.plan(bench.prefix, plan))
    // One node run at a time: one that asked for its plan for ever would keep the neighbour out.
    await bench.work({ concurrency: 1 })
    const ended = await run.wait({ timeout: 10_000 })
    expect(ended.status).toBe('failed')
    expect(ended.error).toContain('PLAN_MISSING')
    const neighbour = await bench.client.enqueue(other.pipeline)
    expect((await neighbour.wait({ timeout: 10_000 })).status).toBe('succeeded')
    expect(lost.calls).toEqual({})
    const finished = (await bench.events()).filter(
      (event) => event.type === 'run_finished' && event.run === run.id,
    )
    expect(finished).toHaveLength(1)
  })

  it('is found by the reconciler when none of its jobs is left', async () => {
    const lost = shape('lost', { first: [] })
    const bench = await workbench({ pipelines: [lost.pipeline] })
    const run = await bench.client.enqueue(lost.pipeline)
    const { plan } = await run.get()
    const jobs = await bench.redis.keys(`${keys.queuePrefix(bench.prefix)}:*`)
    await bench.redis.del(keys.plan(bench.prefix, plan), ...jobs)
    await bench.work({ reconcileEvery: 50 })
    const ended = await run.wait({ timeout: 10_000 })
    expect(ended).toMatchObject({ status: 'failed', error: expect.stringContaining(plan) })
  })

  describe('with an error at a write of abandon', () => {
    const lost = shape('lost', { first: [] })
    afterAll(removeFaults)

    it('is ended once by a repetition, and stays when its plan is there', async () => {
      const bench = await workbench({ pipelines: [lost.pipeline] })
      installFaults(bench.prefix)
      const stays = await bench.client.enqueue(lost.pipeline)
      expect(await bench.ledger.abandon(stays.id, 'PLAN_MISSING')).toBe(false)
      const { plan } = await stays.get()
      const hidden = `hidden:${bench.prefix}`
      let write = 0
      let struck = true
      const runs: string[] = []
      while (struck) {
        write += 1
        const run = await bench.client.enqueue(lost.pipeline)
        runs.push(run.id)
        await bench.redis.rename(keys.plan(bench.prefix, plan), hidden)
        await arm(bench.redis, bench.prefix, 'abandon', write)
        await bench.ledger.abandon(run.id, 'PLAN_MISSING').catch(() => undefined)
        struck = !(await disarm(bench.redis, bench.prefix, 'abandon'))
        expect(await bench.ledger.abandon(run.id, 'PLAN_MISSING')).toBe(true)
        await bench.redis.rename(hidden, keys.plan(bench.prefix, plan))
        expect(await run.get()).toMatchObject({ status: 'failed', error: 'PLAN_MISSING' })
      }
      expect(write).toBeGreaterThan(5)
      const ends = (await bench.events()).filter(({ type }) => type === 'run_finished')
      expect(ends.map(({ run }) => run)).toEqual(runs)
    })
  })
})
