import { expect, test } from 'vitest'

import { addDays, dayOfYear, yearsBefore } from './calendar.ts'

test('days are added over the ends of months and leap days', () => {
  expect(addDays('2012-02-28', 1)).toBe('2012-02-29')
  expect(addDays('2013-01-01', -1)).toBe('2012-12-31')
})

test('a year before 29 February is 28 February', () => {
  expect(yearsBefore('2012-02-29', 1)).toBe('2011-02-28')
  expect(yearsBefore('2012-02-29', 4)).toBe('2008-02-29')
  expect(yearsBefore('2015-12-31', 2)).toBe('2013-12-31')
})

test('days of the year are counted from one', () => {
  expect(dayOfYear('2015-01-01')).toBe(1)
  expect(dayOfYear('2012-12-31')).toBe(366)
})
