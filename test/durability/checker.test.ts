import { describe, expect, it } from 'vitest'

import { check } from '../faults/checker/check.ts'
import { figuresOf } from '../faults/checker/figures.ts'
import { History } from '../faults/checker/history.ts'
import { madeUpHistory } from '../faults/checker/testing/made-up-history.ts'
import { mutations } from '../faults/checker/testing/mutations.ts'
import { seededRandom } from '../faults/random.ts'

/** Histories that the checker is tried on, by their seeds. */
const seeds = Array.from({ length: 300 }, (_, seed) => seed + 1)
/** Each kind of fault is done to so many of them. */
const enough = 30

describe('the checker of the fault suite', () => {
  it('finds nothing in histories of an engine without fault', () => {
    for (const seed of seeds) {
      const history = madeUpHistory(seed)
      expect(History.parse(history), `seed ${seed}`).toEqual(history)
      expect(check(history), `seed ${seed}`).toEqual([])
      expect(figuresOf(history), `seed ${seed}`).toMatchObject({
        lost: 0,
        failedByInfrastructure: 0,
        rerunCommitted: 0,
        duplicatesInMlflow: 0,
      })
    }
  })

  it('is tried on histories with every kind of fault done to workers', () => {
    const kinds = new Set(
      seeds.flatMap((seed) => madeUpHistory(seed).excuses.map(({ kind }) => kind)),
    )
    expect([...kinds].toSorted()).toEqual(['drain', 'freeze', 'kill'])
    const statuses = new Set(
      seeds.flatMap((seed) => madeUpHistory(seed).runs.map(({ status }) => status)),
    )
    expect([...statuses].toSorted()).toEqual(['cancelled', 'failed', 'succeeded'])
  })

  it.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
    'sees each time that %s',
    (_, { mutate, breaks }) => {
      let tried = 0
      for (const seed of seeds) {
        if (tried === enough) break
        const history = madeUpHistory(seed)
        if (!mutate(history, seededRandom(seed))) continue
        tried += 1
        const broken = check(history).map(({ invariant }) => invariant)
        expect(broken, `seed ${seed}`).toContain(breaks)
      }
      expect(tried).toBe(enough)
    },
  )

  it('counts what was lost, failed, ran again and is there twice', () => {
    const history = madeUpHistory(1)
    const [run] = history.runs
    const [first] = history.tracked ?? []
    if (run === undefined || first === undefined) throw new Error('nothing to mutate')
    history.tracked?.push({ ...first, id: 'copy' })
    run.records.pop()
    expect(figuresOf(history)).toMatchObject({ lost: 1, duplicatesInMlflow: 1 })
  })
})
