import { describe, expect, it } from 'vitest'

import { chooseAlias, placeOf } from './split.ts'

const keys = Array.from({ length: 10_000 }, (_, index) => `user-${index}`)

function chosen(share: number, salt: string): ReadonlySet<string> {
  const shares = [{ alias: 'challenger', share }]
  return new Set(keys.filter((key) => chooseAlias(shares, placeOf(key, salt)) === 'challenger'))
}

describe('a split', () => {
  it('gives 10 % of 10,000 keys within what chance allows in 99.9 % of all cases', () => {
    for (const salt of ['reviews', 'prices', 'churn']) {
      // 1000 ± 3.2905 · sqrt(10,000 · 0.1 · 0.9)
      expect(chosen(0.1, salt).size).toBeGreaterThanOrEqual(902)
      expect(chosen(0.1, salt).size).toBeLessThanOrEqual(1098)
    }
  })

  it('keeps those whom a share had when it grows', () => {
    const grown = chosen(0.25, 'reviews')
    expect([...chosen(0.1, 'reviews')].filter((key) => !grown.has(key))).toEqual([])
  })

  it('tries models out on other keys each', () => {
    const other = chosen(0.1, 'prices')
    const both = [...chosen(0.1, 'reviews')].filter((key) => other.has(key))
    expect(both.length).toBeLessThan(200)
  })

  it('leaves what no alias has to the main model', () => {
    const shares = [
      { alias: 'a', share: 0.25 },
      { alias: 'b', share: 0.25 },
    ]
    const places = [0, 0.2499, 0.25, 0.4999, 0.5, 0.99]
    expect(places.map((place) => chooseAlias(shares, place) ?? 'main')).toEqual([
      'a',
      'a',
      'b',
      'b',
      'main',
      'main',
    ])
  })
})
