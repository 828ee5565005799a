import { FatalNodeError } from '@pipewright/engine'
import { expect, test } from 'vitest'

import { readRawDays, readSplit } from '../real-days.ts'
import { visibleDays } from './clean.ts'
import { featureRows } from './features.ts'
import { splitByTime } from './split.ts'

const ends = (rows: readonly { forecastDate: string }[]) => [
  rows[0]?.forecastDate,
  rows.at(-1)?.forecastDate,
]

test('by default it trains to 2013, selects on 2014 and tests on 2015', () => {
  const { trainingRows, selectionRows, testRows } = readSplit()
  expect(ends(trainingRows)).toEqual(['2012-01-31', '2013-12-31'])
  expect(ends(selectionRows)).toEqual(['2014-01-01', '2014-12-31'])
  expect(ends(testRows)).toEqual(['2015-01-01', '2015-12-31'])
})

test('asOf moves all three periods', () => {
  const rows = featureRows(visibleDays(readRawDays(), '2015-06-30'))
  const { trainingRows, selectionRows, testRows } = splitByTime(rows, '2015-06-30')
  expect(ends(trainingRows)[1]).toBe('2013-06-30')
  expect(ends(selectionRows)).toEqual(['2013-07-01', '2014-06-30'])
  expect(ends(testRows)).toEqual(['2014-07-01', '2015-06-30'])
})

test('an asOf that leaves nothing to train on is refused', () => {
  const rows = featureRows(visibleDays(readRawDays(), '2014-03-31'))
  expect(() => splitByTime(rows, '2014-03-31')).toThrow(FatalNodeError)
})
