import { expect, test } from 'vitest'

import { readJson } from './json-body.ts'

const read = (text: string | Uint8Array, type = 'application/json'): unknown =>
  readJson(Buffer.from(text), type)

test('JSON is read, whatever its parameters', () => {
  for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/x+json'])
    expect(read('{"a":[1,"é",null]}', type)).toEqual({ a: [1, 'é', null] })
})

test.each([
  ['', 'It is no JSON', 400],
  ['{"a":}', 'It is no JSON', 400],
  [new Uint8Array([0x22, 0xff, 0x22]), 'It is no JSON', 400],
  ['[1e400]', 'It has a number that is too large.'],
  ['{"a":"\\ud800"}', 'It has half of a surrogate pair.'],
  ['{"\\udc00":1}', 'The key "\\udc00" is refused.'],
  ['{"a":{"__proto__":1}}', 'The key "__proto__" is refused.'],
  ['{"constructor":1}', 'The key "constructor" is refused.'],
  ['['.repeat(100_000) + ']'.repeat(100_000), 'It has more than 64 levels.'],
])('%.20s is refused', (text, problem, status = 422) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({
      status,
      issues: [{ at: 'body', problem: expect.stringContaining(problem) }],
    }),
  )
})

test('64 levels are read, and long lists', () => {
  expect(() => read('['.repeat(64) + ']'.repeat(64))).not.toThrow()
  expect(read(`[${'1,'.repeat(150_000)}1]`)).toHaveLength(150_001)
})
