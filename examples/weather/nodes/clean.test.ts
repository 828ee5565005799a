import { FatalNodeError } from '@pipewright/engine'
import { expect, test } from 'vitest'

import { readRawDays } from '../real-days.ts'
import { visibleDays } from './clean.ts'

const raw = readRawDays()

test('the committed data are 1,461 days without a gap', () => {
  const days = visibleDays(raw, '2015-12-31')
  expect(days).toHaveLength(1461)
  expect(days[0]?.date).toBe('2012-01-01')
})

test('days after asOf are invisible', () => {
  expect(visibleDays(raw, '2015-06-30').at(-1)?.date).toBe('2015-06-30')
})

test('rain is any precipitation, whatever the weather is called', () => {
  const days = visibleDays(raw, '2015-12-31')
  expect(days.find((day) => day.weather === 'drizzle')?.rain).toBe(false)
  expect(days.filter((day) => day.weather === 'snow').every((day) => day.rain)).toBe(true)
})

test('a missing day, a day given twice and data that end before asOf stop the node for good', () => {
  const [first, second, ...others] = raw
  expect(() => visibleDays([first!, ...others], '2015-12-31')).toThrow(
    /2012-01-01 is followed by 2012-01-03/,
  )
  expect(() => visibleDays([first!, second!, second!, ...others], '2015-12-31')).toThrow(
    FatalNodeError,
  )
  expect(() => visibleDays(raw, '2016-01-31')).toThrow(
    'The data end on 2015-12-31, before asOf 2016-01-31.',
  )
})
