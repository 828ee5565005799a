import { expect, test } from 'vitest'

import { readRawDays } from '../real-days.ts'
import { visibleDays } from './clean.ts'
import { featureRows } from './features.ts'

const days = visibleDays(readRawDays(), '2015-12-31')

test('a row holds its own day, the days before it and the answer of the next', () => {
  const [row] = featureRows(days)
  const today = days[29]
  expect(row).toMatchObject({
    date: today?.date,
    forecastDate: days[30]?.date,
    tempMax: today?.tempMax,
    rainLag1: Number(days[28]?.rain),
    rainLag3: Number(days[26]?.rain),
    rainTomorrow: days[30]?.rain,
  })
  expect(row?.rainShare30).toBeCloseTo(days.slice(0, 30).filter((day) => day.rain).length / 30, 12)
})

test('no feature looks ahead: changing the days after a row changes only its answer', () => {
  const until = days.slice(0, 101)
  const other = [
    ...until.slice(0, 100),
    ...until
      .slice(100)
      .map((day) => Object.assign({}, day, { rain: !day.rain, tempMax: 99, wind: 99 })),
  ]
  const { rainTomorrow, ...row } = featureRows(until).at(-1)!
  const { rainTomorrow: otherAnswer, ...otherRow } = featureRows(other).at(-1)!
  expect(otherRow).toEqual(row)
  expect(otherAnswer).toBe(!rainTomorrow)
})
