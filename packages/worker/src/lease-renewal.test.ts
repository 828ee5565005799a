import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { LeaseRenewal } from './lease-renewal.ts'

describe('the renewal of leases', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('goes on when the wall clock is set back, and ends with the work', async () => {
    const extended: string[] = []
    const renewal = new LeaseRenewal({
      lease: 1000,
      extend: async (jobIds) => {
        extended.push(...jobIds)
        return Promise.resolve([])
      },
      onLost: () => undefined,
      onError: () => undefined,
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    const work = renewal.during('job', 'token', async () => promise)
    await vi.advanceTimersByTimeAsync(300)
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(1000)
    expect(extended.length).toBeGreaterThanOrEqual(4)
    resolve()
    await work
    await vi.advanceTimersByTimeAsync(300)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('asks once while Redis is away, tells of leases that have run out, and goes on after an error', async () => {
    const answers = [Promise.withResolvers<string[]>(), Promise.withResolvers<string[]>()]
    const lost: string[] = []
    const errors: unknown[] = []
    let asked = 0
    const renewal = new LeaseRenewal({
      lease: 1000,
      extend: async () => answers[asked++]?.promise ?? Promise.resolve([]),
      onLost: (jobId) => lost.push(jobId),
      onError: (error) => errors.push(error),
    })
    void renewal.during('job', 'token', async () => new Promise(() => undefined))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toBe(1)
    answers[0]?.reject(new Error('gone'))
    await vi.advanceTimersByTimeAsync(300)
    expect(errors).toHaveLength(1)
    expect(asked).toBe(2)
    answers[1]?.resolve(['job'])
    await vi.advanceTimersByTimeAsync(300)
    expect(lost).toEqual(['job'])
    expect(asked).toBe(3)
  })
})
