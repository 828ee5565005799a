import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset, table } from './dataset.ts'

describe('dataset', () => {
  it('is frozen and holds name, schema and layout', () => {
    const model = dataset('model', z.object({ weights: z.array(z.number()) }))
    expect(model).toMatchObject({ name: 'model', layout: 'value' })
    expect(Object.isFrozen(model)).toBe(true)
    expect(model.schema.parse({ weights: [1] })).toEqual({ weights: [1] })
  })

  it('refuses a bad name', () => {
    expect(() => dataset('a b', z.number())).toThrow(
      expect.objectContaining({ code: 'INVALID_NAME' }),
    )
  })
})

describe('table', () => {
  it('is an array of rows of the schema', () => {
    const days = table('days', z.object({ wind: z.number() }))
    expect(days.layout).toBe('table')
    expect(days.schema.parse([{ wind: 1 }])).toEqual([{ wind: 1 }])
    expect(days.schema.safeParse({ wind: 1 }).success).toBe(false)
    expect(() => table('', z.object({}))).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  })
})
