import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { arrow } from './arrow.ts'
import { days, everyCell, manyDays, tableRefusals, tableSamples } from './fixture/tables.ts'

const all = table(
  'all',
  z.object({
    ...everyCell,
    tags: z.array(z.string()),
    box: z.object({ x: z.number(), y: z.number().nullable() }),
  }),
)
const open = dataset('open', z.array(z.record(z.string(), z.unknown())))

describe('the arrow driver', () => {
  const suite = driverConformance({
    driver: arrow,
    samples: [
      ...tableSamples,
      {
        name: 'every kind of cell',
        dataset: all,
        value: [
          {
            big: 2n ** 62n,
            at: new Date('2026-11-23T16:44:18.123Z'),
            level: 2,
            tags: ['a', 'b'],
            box: { x: 1.5, y: null },
          },
        ],
      },
      {
        name: 'columns whose kinds only the values say',
        dataset: open,
        value: [
          { n: 1.5, t: 'x', b: true, at: new Date(1), raw: new Uint8Array([1, 2]), big: 3n },
          { n: null, t: null, b: null, at: null, raw: null, big: null },
        ],
      },
      manyDays(5000),
    ],
    refused: tableRefusals,
    broken: [
      { name: 'an empty file', dataset: days, bytes: new Uint8Array() },
      { name: 'text', dataset: days, bytes: Buffer.from('date,wind,rain\n1,2,3\n') },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('reads what the library itself writes, as a file and as a stream', async () => {
    const columns = tableFromArrays({
      x: Float32Array.of(1, 2),
      n: BigInt64Array.of(3n, 4n),
      word: ['a', 'b'],
    })
    const schema = table('t', z.object({ x: z.number(), n: z.number(), word: z.string() }))
    const rows = [
      { x: 1, n: 3, word: 'a' },
      { x: 2, n: 4, word: 'b' },
    ]
    expect(await arrow.decode(tableToIPC(columns, 'file'), schema, 'it')).toEqual(rows)
    expect(await arrow.decode(tableToIPC(columns, 'stream'), schema, 'it')).toEqual(rows)
  })

  test('writes a file that the library reads', async () => {
    const bytes = await arrow.encode([{ date: 'x', wind: 1.5, rain: true }], days)
    expect(tableFromIPC(bytes).toArray().map(String)).toEqual([
      '{"date": "x", "wind": 1.5, "rain": true}',
    ])
  })
})
