import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, table, type Dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { csv } from './csv.ts'
import {
  days,
  everyCell,
  manyDays,
  maybe,
  tableRefusals,
  tableSamples,
  texts,
} from './fixture/tables.ts'

const all = table(
  'all',
  z.object({
    ...everyCell,
    either: z.union([z.number(), z.boolean()]),
    id: z.uuid(),
  }),
)
const rows = dataset('rows', z.array(z.record(z.string(), z.number())))

const read = (dataset: Dataset, text: string): unknown =>
  csv.decode(Buffer.from(text), dataset, 'data/days.csv')
const write = (dataset: Dataset, value: unknown): string =>
  Buffer.from(csv.encode(value, dataset) as Uint8Array).toString()

const configured = (load: object, save: object = {}) =>
  csv.configure?.({ load: { ...load }, save: { ...save } }) ?? csv

describe('the csv driver', () => {
  const suite = driverConformance({
    driver: csv,
    samples: [
      ...tableSamples,
      {
        name: 'awkward text',
        dataset: texts,
        value: [
          'a,b',
          '"',
          '""',
          'a\nb',
          'a\r\nb',
          '\r',
          '\uFEFF',
          ' x ',
          '',
          "'",
          '=1+1',
          '风🌬',
          '#',
        ].map((text) => ({ text })),
      },
      {
        name: 'null in the only column',
        dataset: table('single', z.object({ x: z.number().nullable() })),
        value: [{ x: null }, { x: 1 }, { x: null }],
      },
      {
        name: 'every kind of cell',
        dataset: all,
        value: [
          {
            big: 2n ** 70n,
            at: new Date('2026-11-23T16:44:18.123Z'),
            level: 2,
            either: true,
            id: '0b7c2f4e-1d3a-4b5c-8d7e-9f0a1b2c3d4e',
          },
        ],
      },
      { name: 'columns that the schema does not name', dataset: rows, value: [{ a: 1, b: 2 }] },
      {
        name: 'numbers of all sizes',
        dataset: rows,
        value: [0.1, 1e21, -1e-7, Number.MAX_VALUE, 5e-324].map((x) => ({ x })),
      },
      manyDays(20_000),
    ],
    refused: [
      ...tableRefusals,
      {
        name: 'a nested value',
        dataset: table('n', z.object({ tags: z.array(z.string()) })),
        value: [{ tags: ['a'] }],
        path: '/0/tags',
      },
      {
        name: 'NaN',
        dataset: days,
        value: [
          { date: '', wind: 1, rain: true },
          { date: '', wind: NaN, rain: true },
        ],
        path: '/1/wind',
      },
      {
        name: 'text that would read back as a number',
        dataset: table('u', z.object({ x: z.union([z.number(), z.string()]) })),
        value: [{ x: '007' }],
        path: '/0/x',
      },
      {
        name: 'half of a surrogate pair',
        dataset: texts,
        value: [{ text: '\uDC00' }],
        path: '/0/text',
      },
    ],
    broken: [
      { name: 'an empty file', dataset: days, bytes: new Uint8Array() },
      {
        name: 'bytes that are not UTF-8',
        dataset: days,
        bytes: Buffer.from('date,wind,rain\n\xff,1,true\n', 'latin1'),
      },
      {
        name: 'a quote that is never closed',
        dataset: days,
        bytes: Buffer.from('date,wind,rain\n"a,1,true\n'),
      },
      {
        name: 'text after a closing quote',
        dataset: days,
        bytes: Buffer.from('date,wind,rain\n"a"b,1,true\n'),
      },
      {
        name: 'two columns of one name',
        dataset: days,
        bytes: Buffer.from('date,wind,rain,date\n'),
      },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('writes the schema’s columns in its order, quoting only what needs it', () => {
    const value = [{ rain: true, wind: 1.5, date: 'a "b", c' }]
    expect(write(days, value)).toBe('date,wind,rain\n"a ""b"", c",1.5,true\n')
  })

  test('reads what spreadsheets and pandas write: byte order mark, CRLF, mixed line ends, a blank line, no last line end', () => {
    const text = '\uFEFFdate,wind,rain\r\n"2012-01-01",4.7,False\n\r\n2012-01-02, 1e1 ,TRUE'
    expect(read(days, text)).toEqual([
      { date: '2012-01-01', wind: 4.7, rain: false },
      { date: '2012-01-02', wind: 10, rain: true },
    ])
  })

  test('takes columns in any order, and leaves unknown ones to the schema as text', () => {
    expect(read(days, 'rain,extra,date,wind\n1,007,a,2\n')).toEqual([
      { rain: true, extra: '007', date: 'a', wind: 2 },
    ])
  })

  test('keeps text that looks like a number as text where the schema asks for text', () => {
    expect(read(texts, 'text\n007\n1e3\ntrue\n')).toEqual([
      { text: '007' },
      { text: '1e3' },
      { text: 'true' },
    ])
  })

  test('takes a date without a zone as UTC, so that it means the same everywhere', () => {
    const dates = table('dates', z.object({ at: z.date() }))
    expect(read(dates, 'at\n2012-01-01\n2012-01-01T10:00\n2012-01-01 10:00:00+02:00\n')).toEqual([
      { at: new Date('2012-01-01T00:00:00Z') },
      { at: new Date('2012-01-01T10:00:00Z') },
      { at: new Date('2012-01-01T08:00:00Z') },
    ])
  })

  test('leaves an empty cell to the schema’s default', () => {
    const filled = table('filled', z.object({ a: z.string(), n: z.number().default(3) }))
    expect(filled.schema.parse(read(filled, 'a,n\nx,\ny,4\n'))).toEqual([
      { a: 'x', n: 3 },
      { a: 'y', n: 4 },
    ])
  })

  test('reads the side of a codec that is written', () => {
    const iso = z.codec(z.string(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    })
    expect(read(table('c', z.object({ at: iso })), 'at\n2012-01-01\n')).toEqual([
      { at: '2012-01-01' },
    ])
  })

  test.each([
    [
      'a row too short',
      'date,wind,rain\na,1,true\n"b\nb",1\n',
      'line 3: 2 cells where the header has 3',
    ],
    ['a row too long', 'date,wind,rain\na,1,true,x\n', 'line 2: 4 cells'],
    [
      'a cell that is no number',
      'date,wind,rain\n"x\ny",1,true\na,windy,true\n',
      'line 4, column "wind": "windy" where a number is expected',
    ],
    [
      'an empty cell',
      'date,wind,rain\na,,true\n',
      'line 2, column "wind": an empty cell where a number is expected',
    ],
    ['a missing column', 'date,winds,rain\n', 'there is no column "wind". Did you mean "winds"?'],
  ])('names the line of %s', (_, text, message) => {
    expect(() => read(days, text)).toThrow(
      expect.objectContaining({
        code: 'DATASET_NOT_DECODABLE',
        message: expect.stringContaining(message),
      }),
    )
  })

  test('refuses a column that would reach a prototype', () => {
    expect(() => read(rows, '__proto__\n1\n')).toThrow(
      expect.objectContaining({ code: 'DATASET_NOT_DECODABLE' }),
    )
  })

  describe('with settings', () => {
    test('reads and writes other separators, and quotes what holds one', () => {
      const driver = configured({ sep: ';' }, { sep: ';' })
      const value = [{ date: 'a;b,c', wind: 1.5, rain: true }]
      const bytes = driver.encode(value, days) as Uint8Array
      expect(Buffer.from(bytes).toString()).toBe('date;wind;rain\n"a;b,c";1.5;true\n')
      expect(driver.decode(bytes, days, 'it')).toEqual(value)
    })

    test.each(['|', '\t', '^', ']', '\\', '-'])('takes %j for a separator', (sep) => {
      const driver = configured({ sep }, { sep })
      const value = [{ date: `a${sep}b"\n`, wind: 1, rain: true }]
      const bytes = driver.encode(value, days) as Uint8Array
      expect(driver.decode(bytes, days, 'it')).toEqual(value)
      const again = driver.settings ?? {}
      expect(configured(again, again).decode(bytes, days, 'it')).toEqual(value)
    })

    test('takes texts for no value', () => {
      const driver = configured({ na_values: ['NA', '-'] })
      const text = Buffer.from('id,note,kind\n1,NA,a\n2,-,NA\n')
      expect(driver.decode(text, maybe, 'it')).toEqual([
        { id: 1, note: null, kind: 'a' },
        { id: 2, note: null },
      ])
    })

    test.each([
      [{ seperator: ';' }, {}, 'seperator'],
      [{ sep: ';;' }, {}, 'one character'],
      [{ encoding: 'latin1' }, {}, 'UTF-8'],
      [{}, { index: true }, 'no index'],
    ])('refuses %j %j', (load, save, message) => {
      expect(() => configured(load, save)).toThrow(
        expect.objectContaining({
          code: 'DATASET_SETTING_INVALID',
          message: expect.stringContaining(message),
        }),
      )
    })

    test('takes settings of pandas that change nothing here', () => {
      expect(() =>
        configured({ dtype: { a: 'str' }, low_memory: false }, { index: false }),
      ).not.toThrow()
    })
  })
})
