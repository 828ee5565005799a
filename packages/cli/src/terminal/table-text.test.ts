import { expect, test } from 'vitest'

import { durationText } from './duration-text.ts'
import { shortened, tableText } from './table-text.ts'

test('a duration keeps two units at most', () => {
  expect([0, 840, 3240, 252_000, 7_500_000].map(durationText)).toEqual([
    '0ms',
    '840ms',
    '3.2s',
    '4m 12s',
    '2h 05m',
  ])
})

test('columns line up whatever the styles of their cells', () => {
  const rows = [
    ['A', 'B'],
    ['\u001b[31mred\u001b[39m', 'x'],
  ]
  expect(tableText(rows)).toBe('A    B\n\u001b[31mred\u001b[39m  x')
})

test('a text that is cut shows that it is', () => {
  expect(shortened('evaluate', 5)).toBe('eval…')
  expect(shortened('test', 5)).toBe('test')
})
