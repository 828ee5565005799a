import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { mutants } from './mutants/index.ts'
import { hunt, mutate, restore } from './mutation.ts'
import { openGround, search, type Ground } from './search.ts'

/**
 * The same sequences in each run of the tests, so that what fails is of the change; the long suite plays 10,000 others,
 * whose seed `PIPEWRIGHT_MODEL_SEED` is.
 */
const runs = Number(process.env['PIPEWRIGHT_MODEL_RUNS'] ?? 1000)
const seed = Number(process.env['PIPEWRIGHT_MODEL_SEED'] ?? 1)

/** A few that a handful of sequences must show; `mutants-main.ts` tries all. */
const sample = [
  'one arrival too few is enough',
  'the count of starts is not compared',
  'a loss is not told',
  'a key names no run',
]

describe('the ledger', () => {
  let ground: Ground
  beforeAll(async () => {
    ground = await openGround()
  })
  afterAll(async () => ground.close())

  it(
    'is what its model says after each command, in random orders, with errors and repetitions',
    { timeout: 60_000 + runs * 200 },
    async () => {
      const { sequences, violation } = await search(ground, { seed, runs, shortens: true })
      expect(violation).toBeUndefined()
      expect(sequences).toBe(runs)
    },
  )

  it('has in its scripts, once, what each mutant changes', () => {
    for (const mutant of mutants) mutate(mutant)
    restore()
    expect(mutants.length).toBeGreaterThan(100)
  })

  it.each(sample)('differs from its model when %s', { timeout: 120_000 }, async (what) => {
    const mutant = mutants.find((each) => each.what === what)
    expect(mutant).toBeDefined()
    if (mutant === undefined) return
    expect((await hunt(ground, mutant, { seed: 1, runs: 300 })).violation).toBeDefined()
  })
})
