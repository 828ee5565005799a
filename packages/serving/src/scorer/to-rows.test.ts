import { describe, expect, it } from 'vitest'

import { readCsv } from '../protocol/read-csv.ts'
import { readInput } from '../protocol/read-input.ts'
import { rowShape } from './row-shape.ts'
import { toRows } from './to-rows.ts'

const review = rowShape({
  type: 'object',
  properties: {
    text: { type: 'string' },
    stars: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    verified: { type: 'boolean' },
  },
  required: ['text', 'stars'],
})
const tagged = rowShape({
  type: 'object',
  properties: { tags: { type: 'array', items: { type: 'string' } }, x: { type: 'number' } },
  required: ['tags', 'x'],
})
const single = rowShape({ type: 'object', properties: { text: { type: 'string' } } })
const plain = rowShape({ type: 'string' })

function rows(shape: ReturnType<typeof rowShape>, body: object): readonly unknown[] {
  return toRows(readInput(Buffer.from(JSON.stringify(body))), shape)
}

describe('rows of an input', () => {
  it('keep null where it is allowed, and leave it out where a field may be missing', () => {
    const data = [['good', null, null]]
    expect(
      rows(review, { dataframe_split: { columns: ['text', 'stars', 'verified'], data } }),
    ).toEqual([{ text: 'good', stars: null }])
  })

  it('are one, when inputs has single values or the model takes lists', () => {
    expect(rows(review, { inputs: { text: 'good', stars: 5 } })).toEqual([
      { text: 'good', stars: 5 },
    ])
    expect(rows(tagged, { inputs: { tags: ['a', 'b'], x: 1 } })).toEqual([
      { tags: ['a', 'b'], x: 1 },
    ])
  })

  it('are those of lists, also where a row takes lists itself', () => {
    expect(rows(tagged, { inputs: { tags: [['a'], []], x: [1, 2] } })).toEqual([
      { tags: ['a'], x: 1 },
      { tags: [], x: 2 },
    ])
  })

  it('of a single column need not name it', () => {
    expect(rows(single, { instances: ['a', 'b'] })).toEqual([{ text: 'a' }, { text: 'b' }])
    expect(() => rows(review, { instances: ['a'] })).toThrow('text, stars, verified')
  })

  it('may be single values', () => {
    expect(rows(plain, { inputs: ['a', 'b'] })).toEqual(['a', 'b'])
    expect(rows(plain, { dataframe_split: { data: [['a'], ['b']] } })).toEqual(['a', 'b'])
  })

  it('of CSV are read as their fields are', () => {
    const csv = 'text,stars,verified\n007,4,True\nNA,,false\n"a, ""b""",,\n'
    const kindOf = (column: string) => review.fields?.get(column)?.kind
    expect(toRows(readCsv(Buffer.from(csv), kindOf), review)).toEqual([
      { text: '007', stars: 4, verified: true },
      { text: null, stars: null, verified: false },
      { text: 'a, "b"', stars: null },
    ])
  })
})
