import { expect, it } from 'vitest'
import * as z from 'zod'

import { dataset } from '../definition/dataset.ts'
import { rowSchema } from './row-schema.ts'
import { columnsOf } from './signature.ts'

function columns(row: z.ZodType): unknown {
  return columnsOf(rowSchema(dataset('rows', z.array(row))) ?? {})
}

it('the properties of a row become columns, and what may be missing is not required', () => {
  const row = z.object({
    text: z.string(),
    kind: z.enum(['a', 'b']),
    count: z.int(),
    share: z.number().nullable(),
    age: z.int().optional(),
    isNew: z.boolean().default(true),
    tags: z.array(z.string()),
    place: z.object({ city: z.string() }).optional(),
    other: z.union([z.string(), z.number()]),
    day: z.codec(z.iso.date(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString().slice(0, 10),
    }),
  })
  expect(columns(row)).toEqual([
    { name: 'text', type: 'string', required: true },
    { name: 'kind', type: 'string', required: true },
    { name: 'count', type: 'long', required: true },
    { name: 'share', type: 'double', required: false },
    { name: 'age', type: 'double', required: false },
    { name: 'isNew', type: 'any', required: false },
    { name: 'tags', type: 'any', required: true },
    { name: 'place', type: 'any', required: false },
    { name: 'other', type: 'any', required: true },
    { name: 'day', type: 'string', required: true },
  ])
})

it('a row that is a scalar is one column without a name, a vector none', () => {
  expect(columns(z.string())).toEqual([{ type: 'string', required: true }])
  expect(columns(z.array(z.number()))).toBeUndefined()
})

it('a dataset whose values are no arrays has no rows', () => {
  expect(rowSchema(dataset('model', z.object({ weights: z.array(z.number()) })))).toBeUndefined()
})
