import { setImmediate as turn } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { eachOf } from './each-of.ts'

describe('eachOf', () => {
  it('goes through all items, and never has more under way than allowed', async () => {
    const seen: number[] = []
    let underWay = 0
    let most = 0
    await eachOf([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++underWay)
      await turn()
      seen.push(item)
      underWay--
    })
    expect(new Set(seen)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]))
    expect(most).toBe(3)
  })

  it('begins nothing more after an error, and throws it when the others have ended', async () => {
    const ended: number[] = []
    const all = eachOf([1, 2, 3, 4, 5], 2, async (item) => {
      if (item === 1) throw new Error('no')
      await turn()
      ended.push(item)
    })
    await expect(all).rejects.toThrow('no')
    expect(ended).toEqual([2])
  })
})
