import { describe, expect, it } from 'vitest'

import { IndexRanges } from './index-ranges.ts'

describe('a set of indexes', () => {
  it('has what was added in any order, and its text gives the same set', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const ranges = new IndexRanges()
      const expected = new Set<number>()
      for (let at = 0, state = seed; at < 60; at += 1) {
        state = (state * 48_271) % 2_147_483_647
        ranges.add(state % 90)
        expected.add(state % 90)
      }
      const again = IndexRanges.parse(ranges.toString())
      expect(ranges.size).toBe(expected.size)
      expect(again?.size).toBe(expected.size)
      for (let index = 0; index < 92; index += 1) {
        expect(ranges.has(index)).toBe(expected.has(index))
        expect(again?.has(index)).toBe(expected.has(index))
      }
    }
  })

  it('is short where neighbours were added', () => {
    const ranges = new IndexRanges()
    for (let index = 0; index < 10_000; index += 1) if (index !== 42) ranges.add(index)
    expect(ranges.toString()).toBe('0-41,43-9999')
  })

  it('has a text of bounded length, which claims nothing that was not added', () => {
    const ranges = new IndexRanges()
    for (let index = 0; index < 10_000; index += 2) ranges.add(index)
    expect(ranges.toString().length).toBeLessThan(300)
    expect(IndexRanges.parse(ranges.toString())?.has(1)).toBe(false)
  })

  it.each(['x', '3-1', '5,4', '1,2', '1-', '-1', '1,,3', '99999999999'])(
    'is not read from %s',
    (text) => {
      expect(IndexRanges.parse(text)).toBeUndefined()
    },
  )
})
