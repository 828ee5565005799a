import { afterEach, describe, expect, it } from 'vitest'

import { arm, disarm, installFaults, mostWrites, removeFaults } from '../support/script-fault.ts'
import { shape, workbench } from '../support/workbench.ts'

const never = 600_000

function wide(width: number): Record<string, string[]> {
  const leaves = Array.from({ length: width }, (_, n) => `leaf_${n}`)
  return {
    top: [],
    ...Object.fromEntries(leaves.map((leaf) => [leaf, ['top']])),
    join: leaves,
  }
}

describe('edges in several chunks', () => {
  afterEach(() => removeFaults())

  it(
    'are followed once when the script that pushed them is cut and repeated',
    { timeout: 120_000 },
    async () => {
      const { pipeline, calls } = shape('wide-cut', wide(600))
      const bench = await workbench({ pipelines: [pipeline] })
      installFaults(bench.prefix)
      await bench.work({ reconcileEvery: never, lease: 60_000 })
      const warm = await bench.client.enqueue(pipeline)
      await warm.wait({ timeout: 60_000 })
      const longest = await mostWrites(bench.redis, bench.prefix, 'settle', async () =>
        (await bench.client.enqueue(pipeline)).wait({ timeout: 60_000 }),
      )
      for (const name of Object.keys(calls)) calls[name] = 0
      // The last writes of the settlement of `top`: its chunks lie in the backlog, its job is still there.
      let struck = 0
      for (let write = longest; struck < 6; write -= 1) {
        await arm(bench.redis, bench.prefix, 'settle', write)
        const run = await bench.client.enqueue(pipeline)
        expect((await run.wait({ timeout: 60_000 })).status).toBe('succeeded')
        if (!(await disarm(bench.redis, bench.prefix, 'settle'))) struck += 1
        const ends = (await bench.events()).filter(
          (event) => event.run === run.id && event.type === 'node_finished',
        )
        expect(Math.max(...Object.values(calls)), `write ${write}`).toBe(1)
        expect(ends).toHaveLength(602)
        for (const name of Object.keys(calls)) calls[name] = 0
      }
    },
  )
})
