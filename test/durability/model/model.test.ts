import { describe, expect, it } from 'vitest'

import { openGround, search } from './search.ts'

/** The long suite plays 10,000; `PIPEWRIGHT_MODEL_SEED` plays the same ones again. */
const runs = Number(process.env['PIPEWRIGHT_MODEL_RUNS'] ?? 1000)
const seed = Number(process.env['PIPEWRIGHT_MODEL_SEED'] ?? Date.now() % 0x7f_ff_ff_ff)

describe('the ledger', () => {
  it(
    `is what its model says after each command of ${runs} random sequences`,
    { timeout: 60_000 + runs * 200 },
    async () => {
      const ground = await openGround()
      try {
        const { sequences, violation } = await search(ground, { seed, runs, shortens: true })
        expect(violation).toBeUndefined()
        expect(sequences).toBe(runs)
      } finally {
        await ground.close()
      }
    },
  )
})
