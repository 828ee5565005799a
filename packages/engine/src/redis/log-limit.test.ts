import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { LogLimit, withLeftOut } from './log-limit.ts'

describe('a limited log', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('writes eight lines in any second and tells how many were left out', () => {
    const limit = new LogLimit()
    const said: number[] = []
    const say = (times: number): void => {
      for (let time = 0; time < times; time += 1) {
        const leftOut = limit.admit()
        if (leftOut !== undefined) said.push(leftOut)
      }
    }
    say(6)
    vi.advanceTimersByTime(900)
    say(1000)
    expect(said).toHaveLength(8)
    vi.advanceTimersByTime(250)
    say(10)
    expect(said).toHaveLength(14)
    expect(said[8]).toBe(998)
    expect(withLeftOut('Redis is away', 996)).toBe('Redis is away (996 messages left out before)')
    expect(withLeftOut('Redis is away', 0)).toBe('Redis is away')
  })
})
