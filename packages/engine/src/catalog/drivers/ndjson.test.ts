import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { ndjson } from './ndjson.ts'

const events = table('events', z.object({ id: z.int(), tags: z.array(z.string()), at: z.string() }))
const anything = dataset('anything', z.array(z.unknown()))

async function* batches(): AsyncGenerator<unknown[]> {
  yield await Promise.resolve([1, 2])
  yield [3, NaN]
}

describe('the ndjson driver', () => {
  const suite = driverConformance({
    driver: ndjson,
    samples: [
      {
        name: 'rows',
        dataset: events,
        value: [
          { id: 1, tags: ['a'], at: 'x' },
          { id: 2, tags: [], at: '' },
        ],
      },
      { name: 'no rows', dataset: events, value: [] },
      {
        name: 'values of every kind',
        dataset: anything,
        value: [null, true, 1.5, 'x', [1, [2]], { a: { b: null } }],
      },
      {
        name: 'awkward text',
        dataset: anything,
        value: ['a\nb', '\r\n', '\u2028', '"', '', '风🌬', '\uFEFF', '\\'],
      },
      {
        name: 'many rows',
        dataset: anything,
        value: Array.from({ length: 25_000 }, (_, index) => ({ index, text: `é${index}` })),
      },
    ],
    refused: [
      { name: 'what is no array', dataset: anything, value: { a: 1 }, path: 'no array' },
      { name: 'NaN', dataset: anything, value: [1, { x: [NaN] }], path: '/1/x/0' },
      { name: 'a date', dataset: anything, value: [new Date(0)], path: '/0' },
    ],
    broken: [
      { name: 'a line that is no JSON', dataset: events, bytes: Buffer.from('{"id":1}\n{"id":\n') },
      {
        name: 'bytes that are not UTF-8',
        dataset: events,
        bytes: Buffer.from('"\xff"\n', 'latin1'),
      },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('skips blank lines and a byte order mark, and needs no last line end', async () => {
    const text = '\uFEFF{"a":1}\r\n\n  \n{"a":2}'
    expect(await ndjson.decode(Buffer.from(text), anything, 'it')).toEqual([{ a: 1 }, { a: 2 }])
  })

  test('names the line that is wrong, blank ones counted', () => {
    expect(() => ndjson.decode(Buffer.from('1\n\n2\nx\n'), anything, 'it')).toThrow(/line 4: /)
  })

  test('names the row that a stream cannot write', async () => {
    const streams = ndjson.rows
    const written = streams && gathered(streams.encode(batches(), anything))
    await expect(written).rejects.toMatchObject({
      code: 'DATASET_NOT_ENCODABLE',
      message: expect.stringContaining('/3'),
    })
  })
})

async function gathered<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}
