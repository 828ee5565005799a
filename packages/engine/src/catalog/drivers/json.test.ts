import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { json } from './json.ts'

const any = dataset('any', z.unknown())
const sample = (
  name: string,
  value: unknown,
): { name: string; dataset: typeof any; value: unknown } => ({
  name,
  dataset: any,
  value,
})
const refused = (
  name: string,
  value: unknown,
  path: string,
): ReturnType<typeof sample> & { path: string } => ({ ...sample(name, value), path })

const circle: Record<string, unknown> = {}
circle['self'] = circle

class Model {
  readonly weights = [1]
}

describe('the json driver', () => {
  const suite = driverConformance({
    driver: json,
    samples: [
      sample('null', null),
      sample('a number', 0.1 + 0.2),
      sample('the largest and smallest numbers', [
        Number.MAX_VALUE,
        Number.MIN_VALUE,
        -1e-7,
        2 ** 53,
      ]),
      sample('empty containers', { list: [], map: {}, text: '' }),
      sample('text of all scripts', ['风', '🌬', 'a"\\\n\u0000\u2028', '\uD800', '\uFEFF']),
      sample('an own property named __proto__', JSON.parse('{"__proto__":{"a":1}}')),
      sample(
        'a large array',
        Array.from({ length: 50_000 }, (_, index) => index / 7),
      ),
      sample('400 levels', JSON.parse('['.repeat(400) + ']'.repeat(400))),
    ],
    refused: [
      refused('NaN', { rows: [0, 1, 2, { x: NaN }] }, '/rows/3/x'),
      refused('an infinity', [1, -Infinity], '/1'),
      refused('undefined as the value', undefined, 'at /'),
      refused('undefined in an array', { a: [undefined] }, '/a/0'),
      // oxlint-disable-next-line no-sparse-arrays
      refused('a hole in an array', [1, , 3], '/1'),
      refused('a date', { at: new Date(0) }, '/at is a Date'),
      refused('a bigint', { a: { b: 1n } }, '/a/b is a bigint'),
      refused('a map', { m: new Map([[1, 2]]) }, '/m is a Map'),
      refused('a set', [new Set()], '/0 is a Set'),
      refused('a typed array', { w: new Float32Array(2) }, '/w is a Float32Array'),
      refused('an object of a class', new Model(), 'a Model'),
      refused('a function', { run: () => 1 }, '/run'),
      refused('a symbol', [Symbol('s')], '/0'),
      refused('a value that holds itself', circle, '/self/self'),
      refused('a wrong value under an awkward key', { 'a/b~c': NaN }, '/a~1b~0c'),
      refused('a wrong value under an endless key', { [`k${'x'.repeat(100_000)}`]: NaN }, '/kxxx'),
    ],
    broken: [
      { name: 'half a value', dataset: any, bytes: Buffer.from('{"a": [1, 2') },
      { name: 'an empty file', dataset: any, bytes: new Uint8Array() },
      { name: 'NaN, which is not JSON', dataset: any, bytes: Buffer.from('[NaN]') },
      { name: 'bytes that are not UTF-8', dataset: any, bytes: Uint8Array.of(0x22, 0xff, 0x22) },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('leaves out a property that is undefined, which reads back as undefined', () => {
    expect(Buffer.from(json.encode({ a: 1, b: undefined }, any) as Uint8Array).toString()).toBe(
      '{"a":1}',
    )
  })

  test('reads a file with a byte order mark', () => {
    expect(json.decode(Buffer.from('\uFEFF[1]'), any, 'a.json')).toEqual([1])
  })
})
