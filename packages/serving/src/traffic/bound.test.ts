import { describe, expect, it } from 'vitest'

import { crossed, parseBound } from './bound.ts'

describe('a bound', () => {
  it('is a metric, a sign and a number', () => {
    expect(parseBound('error_rate > 5%')).toEqual({
      metric: 'error_rate',
      worse: 'above',
      limit: 0.05,
    })
    expect(parseBound('mlflow.evaluate.f1<0.8')).toEqual({
      metric: 'mlflow.evaluate.f1',
      worse: 'below',
      limit: 0.8,
    })
  })

  it.each(['', 'error_rate', 'error_rat>1', 'error_rate=1', 'error_rate>much', '>1'])(
    'is not %j',
    (text) => {
      expect(() => parseBound(text)).toThrow(expect.objectContaining({ code: 'INVALID_BOUND' }))
    },
  )

  it('is crossed by more than itself, and never by nothing', () => {
    const bound = parseBound('latency_p95>200')
    expect(crossed(bound, 200)).toBeUndefined()
    expect(crossed(bound, undefined)).toBeUndefined()
    expect(crossed(bound, Number.NaN)).toBeUndefined()
    expect(crossed(bound, 201.23456)).toBe('latency_p95 is 201.2, above the bound of 200')
  })
})
