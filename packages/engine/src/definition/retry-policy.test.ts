import { describe, expect, it } from 'vitest'

import { retryDelay, retryPolicy } from './retry-policy.ts'

describe('retryPolicy', () => {
  it('fills in the defaults', () => {
    expect(retryPolicy('train', 3, {})).toEqual({
      retries: 3,
      type: 'exponential',
      delay: 1000,
      maxDelay: 60_000,
      jitter: 1,
    })
  })

  it('refuses retries and jitter that mean nothing, naming the node', () => {
    for (const [retries, jitter] of [
      [-1, 1],
      [1.5, 1],
      [1001, 1],
      [NaN, 1],
      [1, -0.1],
      [1, 2],
      [1, NaN],
    ] as const) {
      expect(() => retryPolicy('train', retries, { jitter })).toThrow(
        expect.objectContaining({
          code: 'INVALID_RETRIES',
          message: expect.stringContaining('Node "train"'),
        }),
      )
    }
  })
})

describe('retryDelay', () => {
  it('doubles up to the longest delay', () => {
    const policy = retryPolicy('n', 9, { delay: '1s', maxDelay: '10s', jitter: 0 })
    expect([1, 2, 3, 4, 5, 900].map((failures) => retryDelay(policy, failures))).toEqual([
      1000, 2000, 4000, 8000, 10_000, 10_000,
    ])
  })

  it('stays the same when fixed', () => {
    const policy = retryPolicy('n', 9, { type: 'fixed', delay: '3s', jitter: 0 })
    expect([1, 2, 9].map((failures) => retryDelay(policy, failures))).toEqual([3000, 3000, 3000])
  })

  it('draws its share of the delay at random', () => {
    const full = retryPolicy('n', 9, { delay: '1s' })
    expect([0, 0.25, 0.999].map((random) => retryDelay(full, 1, random))).toEqual([1000, 750, 1])
    const half = retryPolicy('n', 9, { delay: '1s', jitter: 0.5 })
    expect([0, 0.998].map((random) => retryDelay(half, 1, random))).toEqual([1000, 501])
  })
})
