import { describe, expect, it } from 'vitest'

import { dueAt, nextSlot, nextSlots, slotsBetween, type Timing } from './slots.ts'

const year = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)] as const
const quarter = 15 * 60_000

interface Instant {
  readonly time: number
  /** Of the wall clock. */
  readonly date: string
  readonly day: number
  readonly minuteOfDay: number
}

/** Every quarter of an hour of the year with what a clock on the wall shows at it: nothing here knows of cron. */
function wallClock(timezone: string): readonly Instant[] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
  })
  const [from, until] = year
  return Array.from({ length: (until - from) / quarter }, (_, at) => {
    const time = from + (at + 1) * quarter
    // 31/01/2026, 13:45
    const [date = '', clock = ''] = format.format(time).split(', ')
    const [hour, minute] = clock.split(':').map(Number)
    return {
      time,
      date,
      day: Number(date.slice(0, 2)),
      minuteOfDay: (hour ?? NaN) * 60 + (minute ?? NaN),
    }
  })
}

/** The first instant of each date at which the clock shows so much or more: the gap's end where the time is left out. */
function firstOfEachDate(instants: readonly Instant[], minuteOfDay: number): readonly Instant[] {
  const found = new Map<string, Instant>()
  const seen = new Set(instants[0]?.minuteOfDay === 0 ? [] : [instants[0]?.date])
  for (const instant of instants) {
    if (instant.minuteOfDay < minuteOfDay || found.has(instant.date)) continue
    found.set(instant.date, instant)
  }
  // the year begins in the middle of a date, whose slot may be over by then
  return [...found.values()].filter(
    ({ date, minuteOfDay: shown }) => !seen.has(date) || shown === minuteOfDay,
  )
}

function slotsOfYear(timezone: string, cron: string): readonly number[] {
  return slotsBetween({ cron, timezone }, ...year)
}

function times(instants: readonly Instant[]): readonly number[] {
  return instants.map(({ time }) => time)
}

describe.each([
  // Both changes at two in the morning; at one in UTC, so at two and three; by half an hour, in the other half of the year.
  ['America/New_York'],
  ['Europe/Berlin'],
  ['Australia/Lord_Howe'],
])('a year in %s', (timezone) => {
  const instants = wallClock(timezone)

  it('of an hourly schedule has every hour that there is', () => {
    const expected = instants.filter(({ minuteOfDay }) => minuteOfDay % 60 === 0)
    expect(slotsOfYear(timezone, '0 * * * *')).toEqual(times(expected))
    expect(expected.length).toBeGreaterThan(8757)
  })

  it.each([
    ['45 1 * * *', 105],
    ['0 2 * * *', 120],
    ['15 2 * * *', 135],
    ['30 2 * * *', 150],
    ['0 12 * * *', 720],
  ])('of a daily schedule %s has each date once', (cron, minuteOfDay) => {
    const expected = firstOfEachDate(instants, minuteOfDay)
    expect(slotsOfYear(timezone, cron)).toEqual(times(expected))
    expect(expected).toHaveLength(365)
  })

  it('of a monthly schedule has each month once', () => {
    const expected = firstOfEachDate(instants, 135).filter(({ day }) => day === 1)
    expect(slotsOfYear(timezone, '15 2 1 * *')).toEqual(times(expected))
    expect(expected).toHaveLength(12)
  })
})

describe('slots', () => {
  const hourly: Timing = { cron: '0 * * * *', timezone: 'UTC' }

  it('of a date of each month that some months lack are left out there', () => {
    expect(slotsOfYear('UTC', '0 0 31 * *')).toHaveLength(7)
  })

  it('at a midnight that is left out come at one', () => {
    const change = nextSlot(
      { cron: '0 0 * * *', timezone: 'Africa/Cairo' },
      Date.UTC(2026, 3, 23, 12),
    )
    expect(new Date(change ?? 0).toISOString()).toBe('2026-04-23T22:00:00.000Z')
  })

  it('begin at the start and stop at the end, both included', () => {
    const start = Date.UTC(2026, 5, 1, 10)
    const end = Date.UTC(2026, 5, 1, 12)
    expect(slotsBetween({ ...hourly, start, end }, 0, Infinity)).toEqual([
      start,
      start + 3_600_000,
      end,
    ])
  })

  it('of an interval are counted from the start, whatever the clock on the wall does', () => {
    const start = Date.UTC(2026, 2, 28, 12, 7)
    const timing = { every: 86_400_000, timezone: 'Europe/Berlin', start }
    expect(nextSlots(timing, start - 1, 3)).toEqual([
      start,
      start + 86_400_000,
      start + 2 * 86_400_000,
    ])
    expect(nextSlots({ every: 90_000, timezone: 'UTC' }, 0, 2)).toEqual([90_000, 180_000])
  })

  it('are after the time that is given, never at it', () => {
    const slot = Date.UTC(2026, 5, 1, 10)
    expect(nextSlot(hourly, slot - 1)).toBe(slot)
    expect(nextSlot(hourly, slot)).toBe(slot + 3_600_000)
  })
})

describe('jitter', () => {
  it('is the same in every process and differs from slot to slot', () => {
    const slots = Array.from({ length: 100 }, (_, at) => at * 3_600_000)
    const delays = slots.map((slot) => dueAt('nightly', slot, 60_000) - slot)
    expect(delays).toEqual(slots.map((slot) => dueAt('nightly', slot, 60_000) - slot))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...delays)).toBeLessThan(60_000)
    expect(new Set(delays).size).toBeGreaterThan(90)
    expect(dueAt('nightly', 5, 0)).toBe(5)
  })
})
