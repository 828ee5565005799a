import { expect, test } from 'vitest'

import { plainFields } from './plain-fields.ts'

test('plain data stays as it is', () => {
  const fields = { text: 'a', count: 1.5, none: null, yes: true, list: [1, { deep: 'b' }] }
  expect(plainFields(fields)).toEqual(fields)
})

test('an error keeps its name, message and stack', () => {
  expect(plainFields({ error: new RangeError('too far') })).toEqual({
    error: { name: 'RangeError', message: 'too far', stack: expect.stringContaining('too far') },
  })
})

test('what JSON cannot hold is written in words', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const getter = {
    get broken(): never {
      throw new Error('no')
    },
  }
  expect(plainFields({ big: 3n, symbol: Symbol('s'), missing: undefined, circle, getter })).toEqual(
    {
      big: '3',
      symbol: 'Symbol(s)',
      missing: 'undefined',
      circle: '[unreadable]',
      getter: '[unreadable]',
    },
  )
})
