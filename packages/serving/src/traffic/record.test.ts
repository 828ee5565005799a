import { describe, expect, it } from 'vitest'

import { TrafficRecord } from './record.ts'

describe('a record of requests', () => {
  it('has no metric before enough of them', () => {
    const record = new TrafficRecord({ window: 1000, minRequests: 2 })
    record.note(1, true)
    expect(record.value('error_rate')).toBeUndefined()
    record.note(1, false)
    expect(record.value('error_rate')).toBe(0.5)
  })

  it('forgets what is older than its window', () => {
    let now = 0
    const record = new TrafficRecord({ window: 1000, minRequests: 1 }, () => now)
    record.note(50, true)
    now = 900
    record.note(10, false)
    expect(record.value('error_rate')).toBe(0.5)
    now = 1500
    expect(record.value('error_rate')).toBe(0)
    expect(record.value('latency_p99')).toBe(10)
    expect(record.totals).toEqual({ requests: 2, failures: 1 })
  })

  it('keeps the last thousand', () => {
    const record = new TrafficRecord({ window: Infinity, minRequests: 1 })
    for (let index = 0; index < 5000; index++) record.note(index, index < 4000)
    expect(record.value('error_rate')).toBe(0)
    expect(record.value('latency_p50')).toBe(4500)
  })
})
