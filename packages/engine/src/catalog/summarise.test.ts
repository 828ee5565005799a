import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../definition/dataset.ts'
import { columnsOf } from './columns.ts'
import { summarise } from './summarise.ts'

const date = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (moment) => moment.toISOString(),
})

describe('the columns of a dataset', () => {
  it('are those of its rows, in the words of MLflow, as they are stored', () => {
    const row = z.object({
      at: date,
      wind: z.number(),
      gusts: z.int().optional(),
      rain: z.boolean().nullable(),
      kind: z.enum(['a', 'b']).default('a'),
      one: z.literal(['x', 'y']),
      weights: z.array(z.number()),
      nested: z.object({ deep: z.string() }),
      anything: z.unknown(),
      big: z.bigint(),
    })
    const columns = [
      ['at', 'string'],
      ['wind', 'double'],
      ['gusts', 'long?'],
      ['rain', 'boolean?'],
      ['kind', 'string?'],
      ['one', 'string'],
      ['weights', 'array<double>'],
      ['nested', 'any'],
      ['anything', 'any'],
      ['big', 'long'],
    ]
    expect(columnsOf(table('days', row))).toEqual(columns)
    expect(columnsOf(dataset('list', z.array(row).min(1)))).toEqual(columns)
    expect(columnsOf(dataset('value', row.readonly()))).toEqual(columns)
  })

  it('are unknown for what has none, and for a schema that refers to itself', () => {
    expect(columnsOf(dataset('text', z.string()))).toBeUndefined()
    const endless: z.ZodType = z.lazy(() => endless)
    expect(columnsOf(dataset('endless', endless))).toBeUndefined()
  })
})

describe('a summary', () => {
  const days = table('days', z.object({ wind: z.number().nullable(), name: z.string() }))

  it('counts rows and columns, and tells smallest, largest, mean and missing values', () => {
    const rows = [
      { wind: 1, name: 'a' },
      { wind: null, name: 'b' },
      { wind: 4, name: 'c' },
    ]
    expect(summarise(days, rows)).toEqual({
      schema: [
        ['wind', 'double?'],
        ['name', 'string'],
      ],
      profile: { rows: 3, columns: 2, stats: { wind: { min: 1, max: 4, mean: 2.5, missing: 1 } } },
    })
  })

  it('of an empty table and of odd values says what there is', () => {
    expect(summarise(days, []).profile).toEqual({ rows: 0, columns: 2 })
    expect(summarise(dataset('odd', z.unknown()), [1, 'x'])).toEqual({ profile: { rows: 2 } })
    expect(summarise(dataset('odd', z.unknown()), [{ x: Number.NaN }, 3])).toEqual({
      profile: { rows: 2, columns: 1, stats: { x: { missing: 1 } } },
    })
    expect(summarise(dataset('text', z.string()), 'x')).toEqual({})
  })

  it('looks at evenly spread rows of a long table', () => {
    const rows = Array.from({ length: 100_001 }, (_, at) => ({ wind: at, name: '' }))
    expect(summarise(days, rows).profile).toEqual({
      rows: 100_001,
      columns: 2,
      sampled: 9091,
      stats: { wind: { min: 0, max: 99_990, mean: 49_995 } },
    })
  })

  it('takes 1 KiB at most and counts the columns that it has no room for', () => {
    const names = Array.from({ length: 300 }, (_, at) => `a-column-${at}`)
    const wide = table(
      'wide',
      z.object(Object.fromEntries(names.map((name) => [name, z.number()]))),
    )
    const row = Object.fromEntries(names.map((name) => [name, 1 / 3]))
    const summary = summarise(wide, [row])
    expect(JSON.stringify(summary).length).toBeLessThanOrEqual(1024)
    expect(summary.schema?.length).toBeGreaterThan(30)
    expect(summary.profile).toEqual({ rows: 1, columns: 300 })
  })
})
