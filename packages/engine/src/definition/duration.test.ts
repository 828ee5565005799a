import { describe, expect, it } from 'vitest'

import { milliseconds, type Duration } from './duration.ts'

describe('milliseconds', () => {
  it.each<[Duration, number]>([
    [0, 0],
    [1500, 1500],
    ['250ms', 250],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ])('of %s is %d', (duration, wanted) => {
    expect(milliseconds(duration)).toBe(wanted)
  })

  it('refuses what is no length of time', () => {
    for (const wrong of ['10', 's', '-1s', '1 s', '1w', '', -1, NaN, Infinity, null]) {
      // Callers from JavaScript can pass anything.
      expect(() => milliseconds(wrong as Duration)).toThrow(
        expect.objectContaining({ code: 'INVALID_DURATION' }),
      )
    }
  })
})
