import { describe, expect, it } from 'vitest'

import { dateText, timeIn } from './zone-time.ts'

function text(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}

describe('the start of a date', () => {
  it.each([
    ['2015-01-01', 'UTC', '2015-01-01T00:00:00.000Z'],
    ['2015-01-01', 'America/Los_Angeles', '2015-01-01T08:00:00.000Z'],
    ['2015-07-01', 'America/Los_Angeles', '2015-07-01T07:00:00.000Z'],
    ['2026-03-01', 'Asia/Kathmandu', '2026-02-28T18:15:00.000Z'],
    ['2026-03-01', 'Pacific/Kiritimati', '2026-02-28T10:00:00.000Z'],
    // Its midnight is left out: the clocks go from there to one.
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    // Its midnight comes twice.
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z'],
  ])('%s in %s is %s', (date, timezone, expected) => {
    expect(text(timeIn(date, timezone))).toBe(expected)
  })
})

describe('a time', () => {
  it('has its zone with it', () => {
    expect(text(timeIn('2026-01-31T06:00:00Z', 'Asia/Tokyo'))).toBe('2026-01-31T06:00:00.000Z')
    expect(text(timeIn('2026-01-31T06:00+02:00', 'UTC'))).toBe('2026-01-31T04:00:00.000Z')
  })

  it.each(['2026-01-31T06:00:00', '2026-02-30', '2026-1-31', 'today', ''])(
    '%j is none',
    (given) => {
      expect(timeIn(given, 'UTC')).toBeUndefined()
    },
  )
})

describe('the date of a time', () => {
  it('is that of its time zone', () => {
    const time = Date.UTC(2026, 0, 31, 23, 30)
    expect(dateText(time, 'UTC')).toBe('2026-01-31')
    expect(dateText(time, 'Europe/Berlin')).toBe('2026-02-01')
  })
})
