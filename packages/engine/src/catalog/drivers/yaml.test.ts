import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { yaml } from './yaml.ts'

const anything = dataset('anything', z.unknown())

describe('the yaml driver', () => {
  const suite = driverConformance({
    driver: yaml,
    samples: [
      {
        name: 'a map',
        dataset: anything,
        value: { model: { name: 'tree', depth: 3 }, scores: [0.5, 1e-9] },
      },
      { name: 'a list', dataset: anything, value: [1, 'x', null, true, [], {}] },
      { name: 'a text alone', dataset: anything, value: 'x: y' },
      { name: 'null', dataset: anything, value: null },
      {
        name: 'text that looks like something else',
        dataset: anything,
        value: [
          'yes',
          'null',
          '1',
          '1.0',
          '',
          '~',
          'a: b',
          '# c',
          '- d',
          '*e',
          '&f',
          '!g',
          '<<',
          '2012-01-01',
          ' x ',
          '0x1F',
        ],
      },
      {
        name: 'awkward text',
        dataset: anything,
        value: ['a\nb\n', '\r\n', '\t', '"', "'", '风🌬', '\u0001'],
      },
      { name: 'the same object twice', dataset: anything, value: twice() },
    ],
    refused: [
      { name: 'NaN', dataset: anything, value: { x: NaN }, path: '/x' },
      {
        name: 'a key that cannot be read back',
        dataset: anything,
        value: { constructor: 1 },
        path: '/',
      },
      { name: 'more levels than are read', dataset: anything, value: deep(100), path: '/' },
    ],
    broken: [
      { name: 'what is no YAML', dataset: anything, bytes: Buffer.from('a: [1\n') },
      { name: 'two documents', dataset: anything, bytes: Buffer.from('a\n---\nb\n') },
      { name: 'bytes that are not UTF-8', dataset: anything, bytes: Buffer.from('\xff', 'latin1') },
      { name: 'a name twice', dataset: anything, bytes: Buffer.from('a: 1\na: 2\n') },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('writes for people: no line is folded, and nothing is an alias', async () => {
    const bytes = await yaml.encode({ ...twice(), note: 'word '.repeat(40).trim() }, anything)
    expect(Buffer.from(bytes).toString()).not.toMatch(/[&*]/)
    expect(Buffer.from(bytes).toString().split('\n')).toHaveLength(6)
  })
})

function twice(): object {
  const shared = { x: 1 }
  return { a: shared, b: shared }
}

function deep(levels: number): unknown {
  return levels === 0 ? 1 : [deep(levels - 1)]
}
