import { describe, expect, it } from 'vitest'

import { readJson } from './read-json.ts'

describe('JSON as Python writes it', () => {
  it('may hold NaN and infinities', () => {
    expect(readJson('{"a": [NaN, -Infinity, Infinity, 1]}')).toEqual({
      a: [null, -Infinity, Infinity, 1],
    })
  })

  it('is left alone in strings', () => {
    const text = String.raw`{"NaN": "Infinity \" NaN", "b": NaN}`
    expect(readJson(text)).toEqual({ NaN: 'Infinity " NaN', b: null })
  })

  it('is refused where it is no JSON otherwise', () => {
    expect(() => readJson('[NaN,]')).toThrow(SyntaxError)
  })
})
