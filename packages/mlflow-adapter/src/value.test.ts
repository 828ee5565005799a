import { expect, it } from 'vitest'

import { cut, textOf } from './value.ts'

it('text stays as it is, other values are JSON', () => {
  expect([textOf('a'), textOf(1.5), textOf({ a: [1] }), textOf(null), textOf(undefined)]).toEqual([
    'a',
    '1.5',
    '{"a":[1]}',
    'null',
    'undefined',
  ])
})

it('a value that fits is not touched', () => {
  expect(cut('x'.repeat(100), 100)).toBe('x'.repeat(100))
})

it('a longer one says that and how much is missing', () => {
  const text = cut('x'.repeat(101), 100)
  expect(text).toHaveLength(100)
  expect(text).toMatch(/^x+… \[cut: 101 characters\]$/)
})

it('no character is cut in half', () => {
  for (const longest of [60, 61]) expect(cut('😀'.repeat(50), longest)).toMatch(/^(?:😀)+… \[cut/u)
})
