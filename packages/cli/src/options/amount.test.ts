import { expect, test } from 'vitest'

import { duration, portNumber, wholeNumber } from './amount.ts'

test('a duration needs a unit', () => {
  expect(duration('500ms')).toBe(500)
  expect(duration('1.5m')).toBe(90_000)
  expect(() => duration('10')).toThrow('such as 500ms')
  expect(() => duration('-1s')).toThrow('such as 500ms')
})

test('a number of things is whole and at least one', () => {
  expect(wholeNumber('8')).toBe(8)
  for (const text of ['0', '-1', '1.5', 'many', '']) {
    expect(() => wholeNumber(text)).toThrow('at least 1')
  }
})

test('a port may be 0, any that is free', () => {
  expect([portNumber('0'), portNumber('65535')]).toEqual([0, 65_535])
  for (const text of ['65536', '-1', '1.5', 'http', '']) {
    expect(() => portNumber(text)).toThrow('0 to 65535')
  }
})
