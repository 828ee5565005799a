import { describe, expect, it } from 'vitest'

import { lostPoints } from './completion.ts'
import { later } from './latest-point.ts'

const record = { metrics: [], finalMetrics: { loss: 0.5 }, endedAt: 1000 }

describe('points that were lost', () => {
  it('are replaced by the last value, at the end of the attempt', () => {
    expect(lostPoints(undefined, record)).toEqual([['loss', 0.5, 0, 1000]])
  })

  it('stand at the last step that MLflow holds, so that they are the last value there', () => {
    const latest = new Map([['loss', { value: 2, step: 7, timestamp: 900 }]])
    expect(lostPoints({ latest }, record)).toEqual([['loss', 0.5, 7, 1000]])
  })

  it('are none where MLflow or the record has the last value', () => {
    const latest = new Map([['loss', { value: 0.5, step: 7, timestamp: 900 }]])
    expect(lostPoints({ latest }, record)).toEqual([])
    expect(lostPoints(undefined, { ...record, metrics: [['loss', 0.5, 3, 800]] })).toEqual([])
  })

  it('come after the latest of what is known, also with a clock that was set back', () => {
    const latest = new Map([['loss', { value: 2, step: 7, timestamp: 5000 }]])
    expect(lostPoints({ latest }, record)).toEqual([['loss', 0.5, 7, 5001]])
  })
})

it('a later point is that of the higher step, then of the later time', () => {
  const point = { value: 1, step: 2, timestamp: 5 }
  expect(later(point, { value: 2, step: 1, timestamp: 9 })).toBe(point)
  expect(later(point, { value: 2, step: 2, timestamp: 6 }).value).toBe(2)
})
