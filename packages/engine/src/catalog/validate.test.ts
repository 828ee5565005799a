import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../definition/dataset.ts'
import { changesValues } from './changes-values.ts'
import { arePlain } from './plain-rows.ts'
import { checkedRows, fromStored, toStored } from './validate.ts'

const days = table('days', z.object({ wind: z.number() }))
const windy = (count: number, wrong: readonly number[] = []): unknown[] =>
  Array.from({ length: count }, (_, index) => ({ wind: wrong.includes(index) ? 'x' : index }))

async function* batches(wrong: number): AsyncGenerator<unknown[]> {
  for (let start = 0; start < 30; start += 10)
    yield await Promise.resolve(windy(30, [wrong]).slice(start, start + 10))
}

const check = async (wrong: number, validation: 'full' | 'sample' | 'off'): Promise<unknown[]> =>
  await gathered(checkedRows(days, batches(wrong), undefined, validation))

describe('a schema that only checks', () => {
  test('checks each row by default, and names the first that is wrong', async () => {
    await expect(toStored(days, windy(5000, [4321]))).rejects.toThrow('/4321/wind')
    await expect(fromStored(days, windy(5000, [4321]), 'it')).rejects.toThrow('/4321/wind')
  })

  test('checks rows spread over a long table when asked for a sample, its ends among them', async () => {
    const table = windy(10_000, [4321])
    expect(await toStored(days, table, 'sample')).toBe(table)
    for (const wrong of [0, 9999])
      await expect(toStored(days, windy(10_000, [wrong]), 'sample')).rejects.toThrow(
        `/${wrong}/wind`,
      )
    const most = windy(
      10_000,
      Array.from({ length: 5000 }, (_, index) => index),
    )
    await expect(fromStored(days, most, 'it', 'sample')).rejects.toMatchObject({
      code: 'DATASET_INVALID',
    })
  })

  test('checks all of a short table, and of what is no table, for a sample', async () => {
    await expect(toStored(days, windy(100, [50]), 'sample')).rejects.toThrow('/50/wind')
    await expect(toStored(dataset('x', z.number()), 'one', 'sample')).rejects.toThrow('at /')
    await expect(toStored(days, 'no table', 'sample')).rejects.toThrow('at /')
  })

  test('checks nothing when it is off', async () => {
    expect(await toStored(days, 'no table', 'off')).toBe('no table')
    expect(await fromStored(days, windy(3, [1]), 'it', 'off')).toEqual(windy(3, [1]))
  })
})

describe('a schema that changes values', () => {
  const at = z.codec(z.string(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  })
  const coded = table('coded', z.object({ at }))

  test.each(['full', 'sample', 'off'] as const)(
    'is applied to all of them: %s',
    async (validation) => {
      const dates = Array.from({ length: 3000 }, (_, index) => ({ at: new Date(index) }))
      const stored = await toStored(coded, dates, validation)
      expect(stored).toEqual(dates.map((row) => ({ at: row.at.toISOString() })))
      expect(await fromStored(coded, stored, 'it', validation)).toEqual(dates)
    },
  )

  test.each([
    [z.codec(z.string(), z.number(), { decode: Number, encode: String }), true],
    [z.object({ a: z.array(z.number().default(1)) }), true],
    [z.coerce.number(), true],
    [z.string().trim(), true],
    [z.union([z.string(), z.number().catch(0)]), true],
    [z.tuple([z.string(), z.number().prefault(1)]), true],
    [z.record(z.string(), z.string().transform(Number)), true],
    [z.lazy(() => z.string().toLowerCase()), true],
    [z.object({ a: z.number().min(1).nullable(), b: z.enum(['x']).optional() }), false],
    [z.array(z.union([z.string(), z.date()])), false],
    [z.instanceof(Uint8Array), false],
    [z.looseObject({ a: z.email() }), false],
  ])('is told from one that only checks: %#', (schema, changes) => {
    expect(changesValues(schema)).toBe(changes)
  })
})

describe('rows that come in batches', () => {
  test('are checked one by one, and the wrong one is named by its place in the whole', async () => {
    await expect(check(25, 'full')).rejects.toThrow('/25/wind')
    expect(await check(-1, 'full')).toHaveLength(3)
  })

  test('are checked at the beginning of each batch for a sample, and not at all when it is off', async () => {
    expect(await check(25, 'sample')).toHaveLength(3)
    await expect(check(20, 'sample')).rejects.toThrow('/20/wind')
    await expect(check(5, 'sample')).rejects.toThrow('/5/wind')
    expect(await check(5, 'off')).toHaveLength(3)
  })
})

describe('plain rows', () => {
  const Plain = z.object({
    id: z.int(),
    wind: z.number(),
    name: z.string().nullable(),
    kind: z.enum(['a', 'b']).optional(),
    rain: z.boolean(),
  })
  const plain = { id: 1, wind: 1.5, name: null, kind: 'a', rain: true }

  test('are told without the schema, and are what the schema makes of them', () => {
    const rows = [plain, { ...plain, kind: undefined, name: 'x' }]
    expect(arePlain(Plain, rows)).toBe(true)
    expect(z.array(Plain).parse(rows)).toEqual(rows)
  })

  test.each([
    ['a key that the schema does not name', { ...plain, other: 1 }],
    ['a missing one', { ...plain, rain: undefined }],
    ['a number that is not whole', { ...plain, id: 1.5 }],
    ['NaN', { ...plain, wind: NaN }],
    ['an infinity', { ...plain, wind: Infinity }],
    ['undefined for null', { ...plain, name: undefined }],
    ['null for undefined', { ...plain, kind: null }],
    ['another word', { ...plain, kind: 'c' }],
    ['a text for a number', { ...plain, wind: '1' }],
    ['a list', []],
    ['null', null],
    ['an object of a class', Object.assign(new Date(), plain)],
  ])('are not those with %s', (_, row) => {
    expect(arePlain(Plain, [plain, row])).toBe(false)
  })

  test.each([
    z.object({ a: z.string().min(1) }),
    z.object({ a: z.email() }),
    z.object({ a: z.number().default(1) }),
    z.object({ a: z.coerce.number() }),
    z.object({ a: z.object({}) }),
    z.object({ a: z.string() }).refine(() => true),
    z.looseObject({ a: z.string() }),
    z.record(z.string(), z.string()),
    z.string(),
  ])('are none of a schema with rules: %#', (schema) => {
    expect(arePlain(schema, [{ a: 'x' }])).toBe(false)
  })
})

async function gathered<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}
