import { expect, test } from 'vitest'

import { score } from './score.ts'
import { compare } from './verdict.ts'

test('accuracy and log-loss are those that one computes by hand', () => {
  const result = score('hand', [
    { probability: 0.8, rain: true },
    { probability: 0.4, rain: true },
  ])
  expect(result.accuracy).toBe(0.5)
  expect(result.logLoss).toBeCloseTo((-Math.log(0.8) - Math.log(0.4)) / 2, 12)
})

test('a certain forecast that fails costs much, but not infinitely much', () => {
  expect(score('sure', [{ probability: 0, rain: true }]).logLoss).toBeCloseTo(-Math.log(1e-6), 9)
})

test('nothing to score is an error, not NaN', () => {
  expect(() => score('none', [])).toThrow(RangeError)
})

test('a forecast is undecided against itself', () => {
  const forecasts = [true, false, true].map((rain) => ({ probability: 0.6, rain }))
  const { accuracy, logLoss } = compare(forecasts, forecasts)
  expect(accuracy).toEqual({ mean: 0, standardError: 0, verdict: 'undecided' })
  expect(logLoss.verdict).toBe('undecided')
})

test('an advantage counts when it is larger than two standard errors', () => {
  const days = Array.from({ length: 100 }, (_, index) => index % 2 === 0)
  const good = days.map((rain) => ({ probability: rain ? 0.9 : 0.1, rain }))
  const poor = days.map((rain, index) => ({ probability: index % 3 === 0 ? 0.9 : 0.1, rain }))
  expect(compare(good, poor).logLoss.verdict).toBe('better')
  expect(compare(poor, good).accuracy.verdict).toBe('worse')
})
