import { expect, test } from 'vitest'

import { RateLimit } from './rate-limit.ts'

test('so many requests of each sender pass in each window', () => {
  const limit = new RateLimit({ max: 2, per: 1000 })
  expect([0, 10, 20, 30].map((now) => limit.take('a', now))).toEqual([0, 0, 980, 970])
  expect(limit.take('b', 40)).toBe(0)
  expect(limit.take('a', 1000)).toBe(0)
})
