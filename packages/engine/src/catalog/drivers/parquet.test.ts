import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, table, type Dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { days, everyCell, maybe, tableRefusals, tableSamples, texts } from './fixture/tables.ts'
import { parquet } from './parquet.ts'

const all = table(
  'all',
  z.object({
    ...everyCell,
    either: z.union([z.number(), z.string()]),
    id: z.uuid(),
    tags: z.array(z.string()),
    box: z.object({ x: z.number(), y: z.number().nullable() }),
  }),
)
const open = dataset('open', z.array(z.record(z.string(), z.unknown())))

const bytesOf = async (value: unknown, dataset: Dataset): Promise<Uint8Array> =>
  await parquet.encode(value, dataset)

const reading = (columns: readonly string[]) =>
  parquet.configure?.({ load: { columns } }) ?? parquet

describe('the parquet driver', () => {
  const suite = driverConformance({
    driver: parquet,
    samples: [
      ...tableSamples,
      {
        name: 'awkward text',
        dataset: texts,
        value: ['a,b', '"', '\n', '', '\0', '风🌬', '\uFEFF'].map((text) => ({ text })),
      },
      {
        name: 'every kind of cell',
        dataset: all,
        value: [
          {
            big: 2n ** 62n,
            at: new Date('2026-11-23T16:44:18.123Z'),
            level: 2,
            either: 'x',
            id: '0b7c2f4e-1d3a-4b5c-8d7e-9f0a1b2c3d4e',
            tags: ['a', 'b'],
            box: { x: 1.5, y: null },
          },
          {
            big: -1n,
            at: new Date(0),
            level: 1,
            either: 7,
            id: '0b7c2f4e-1d3a-4b5c-8d7e-9f0a1b2c3d4e',
            tags: [],
            box: { x: 0, y: 2 },
          },
        ],
      },
      {
        name: 'columns whose kinds only the values say',
        dataset: open,
        value: [
          {
            n: 1.5,
            t: 'x',
            b: true,
            at: new Date(1),
            raw: new Uint8Array([1, 2]),
            big: 3n,
            nested: { a: [1] },
          },
          { n: null, t: null, b: null, at: null, raw: null, big: null, nested: null },
        ],
      },
      {
        name: 'numbers of all sizes',
        dataset: open,
        value: [0.1, 1e21, -1e-7, Number.MAX_VALUE, 5e-324, NaN, Infinity].map((x) => ({ x })),
      },
      {
        name: 'rows of several groups',
        dataset: table('wind', z.object({ wind: z.number() })),
        value: Array.from({ length: 60_000 }, (_, index) => ({ wind: index / 7 })),
      },
    ],
    refused: [
      ...tableRefusals,
      {
        name: 'a whole number beyond what is exact',
        dataset: maybe,
        value: [{ id: 2 ** 60, note: '' }],
        path: '/0/id',
      },
      {
        name: 'half of a surrogate pair',
        dataset: texts,
        value: [{ text: '\uD800' }],
        path: '/0/text',
      },
      {
        name: 'dates and numbers in one column',
        dataset: open,
        value: [{ x: 1 }, { x: new Date(0) }],
        path: '/0/x',
      },
      {
        name: 'NaN within a value',
        dataset: all,
        value: [{ ...allRow(), box: { x: NaN, y: 1 } }],
        path: '/0/box',
      },
    ],
    broken: [
      { name: 'an empty file', dataset: days, bytes: new Uint8Array() },
      { name: 'text', dataset: days, bytes: Buffer.from('date,wind,rain\n') },
      {
        name: 'a footer without a file',
        dataset: days,
        bytes: Buffer.from('PAR1\xff\xff\0\0PAR1', 'latin1'),
      },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('refuses a file that was cut', async () => {
    const whole = await bytesOf([{ date: 'x', wind: 1, rain: true }], days)
    const cut = whole.slice(0, whole.byteLength - 9)
    await expect(parquet.decode(cut, days, 'data/days.parquet')).rejects.toMatchObject({
      code: 'DATASET_NOT_DECODABLE',
    })
  })

  test.each(['gzip', 'zstd', 'brotli', 'none', null] as const)(
    'writes and reads what is compressed by %s',
    async (compression) => {
      const driver = parquet.configure?.({ save: { compression } }) ?? parquet
      const value = Array.from({ length: 500 }, () => ({ text: 'again and again' }))
      const bytes = await driver.encode(value, texts)
      expect(await parquet.decode(bytes, texts, 'it')).toEqual(value)
    },
  )

  test('reads the columns that are asked for, and names one that is not there', async () => {
    const some = table('some', z.object({ wind: z.number() }))
    const bytes = await bytesOf([{ date: 'x', wind: 1, rain: true }], days)
    expect(await reading(['wind']).decode(bytes, some, 'it')).toEqual([{ wind: 1 }])
    await expect(reading(['snow']).decode(bytes, some, 'it')).rejects.toThrow(
      'there is no column "snow"',
    )
  })

  test('gives whole numbers and times the types that the schema asks for', async () => {
    const bytes = await bytesOf([{ n: 5n, at: new Date('2026-01-02T03:04:05Z') }], open)
    const other = table('other', z.object({ n: z.number(), at: z.iso.datetime() }))
    expect(await parquet.decode(bytes, other, 'it')).toEqual([
      { n: 5, at: '2026-01-02T03:04:05.000Z' },
    ])
  })

  test('refuses a column that would reach a prototype', async () => {
    const bytes = await bytesOf([{ __aaaaa__: 1 }], open)
    const hostile = Buffer.from(
      Buffer.from(bytes).toString('latin1').replaceAll('__aaaaa__', '__proto__'),
      'latin1',
    )
    await expect(parquet.decode(hostile, open, 'it')).rejects.toThrow('__proto__')
  })

  test('shows its first rows', async () => {
    const bytes = await bytesOf(
      [
        { date: 'x', wind: 1, rain: true },
        { date: 'y', wind: 2, rain: true },
      ],
      days,
    )
    const source = {
      bytes: bytes.byteLength,
      read: async (start: number, end: number) => await Promise.resolve(bytes.slice(start, end)),
    }
    expect(await parquet.head?.(source, 1)).toEqual({
      rows: [{ date: 'x', wind: 1, rain: true }],
      columns: [
        ['date', 'string'],
        ['wind', 'long'],
        ['rain', 'boolean'],
      ],
    })
  })
})

function allRow(): object {
  return { big: 1n, at: new Date(0), level: 1, either: 1, id: 'x', tags: [] }
}
