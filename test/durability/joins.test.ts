import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { shape, statusesOf, workbench } from '../support/workbench.ts'

// The reconciler would end such a run in the end; it must not be needed.
const never = 600_000

describe('the end of a run', () => {
  it('comes with the last success when its dependents were skipped before', async () => {
    const { pipeline } = shape(
      'skipped-join',
      { bad: [], slow: [], join: ['bad', 'slow'] },
      {
        bad: () => {
          throw new Error('always')
        },
        slow: async () => {
          await delay(200)
        },
      },
    )
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ reconcileEvery: never })
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait({ timeout: 5_000 })).status).toBe('failed')
    expect(await statusesOf(run)).toEqual({ bad: 'failed', slow: 'succeeded', join: 'skipped' })
  })
})
