import { dataset, node, param, table, type Values } from '@pipewright/engine'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'

const days = table('days', z.object({ date: z.string(), wind: z.number() }))
const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const score = dataset('score', z.number())

describe('the types of a node', () => {
  it('infers inputs, params and outputs', () => {
    const seed = param('seed', z.int().default(1))
    const train = node({
      name: 'train',
      inputs: { days },
      outputs: { model },
      params: { epochs: z.int().default(20), seed },
      run({ days: rows }, { params }) {
        expectTypeOf(rows).toEqualTypeOf<{ date: string; wind: number }[]>()
        expectTypeOf(params.epochs).toEqualTypeOf<number>()
        expectTypeOf(params.seed).toEqualTypeOf<number>()
        return { model: { weights: rows.map((row) => row.wind) } }
      },
    })
    expectTypeOf<Values<typeof train.outputs>>().toEqualTypeOf<{
      readonly model: { weights: number[] }
    }>()
    expect(train.params.map((field) => field.name)).toEqual(['train.epochs', 'seed'])
  })

  it('accepts async functions and zod objects as params', () => {
    node({
      name: 'train',
      inputs: { days },
      outputs: { model, score },
      params: z.object({ epochs: z.int() }),
      async run({ days: rows }, { params }) {
        await Promise.resolve()
        return { model: { weights: [params.epochs] }, score: rows.length }
      },
    })
    node({ name: 'notify', inputs: { score }, outputs: {}, run: () => undefined })
    node({ name: 'notify', inputs: { score }, outputs: {}, run() {} })
  })

  it('refuses a missing output', () => {
    // @ts-expect-error score is missing
    node({ name: 'n', inputs: {}, outputs: { model, score }, run: () => ({ model: { weights: [] } }) })
    // @ts-expect-error nothing is returned
    node({ name: 'n', inputs: {}, outputs: { score }, run: () => {} })
    // @ts-expect-error score is missing, async
    node({ name: 'n', inputs: {}, outputs: { model, score }, run: async () => ({ model: { weights: [] } }) })
  })

  it('refuses an extra output', () => {
    // @ts-expect-error other is not declared
    node({ name: 'n', inputs: {}, outputs: { score }, run: () => ({ score: 1, other: 2 }) })
    // @ts-expect-error other is not declared, async
    node({ name: 'n', inputs: {}, outputs: { score }, run: async () => ({ score: 1, other: 2 }) })
  })

  it('refuses a mistyped output', () => {
    // @ts-expect-error a number is wanted
    node({ name: 'n', inputs: {}, outputs: { score }, run: () => ({ score: 'one' }) })
  })

  it('refuses an unknown param and an unknown input', () => {
    node({
      name: 'n',
      inputs: { score },
      outputs: {},
      params: z.object({ epochs: z.int() }),
      run(inputs, { params }) {
        // @ts-expect-error epoch is not declared
        expect(params.epoch).toBeUndefined()
        // @ts-expect-error days is not an input
        expect(inputs.days).toBeUndefined()
      },
    })
  })
})
