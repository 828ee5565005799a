import {
  branch,
  dataset,
  node,
  partitioned,
  pipeline,
  table,
  type PipelineResult,
  type Value,
} from '@pipewright/engine'
import { map } from '@pipewright/engine/internal'
import { runNode } from '@pipewright/engine/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'

const score = dataset('score', z.number())
const scores = dataset('scores', z.array(z.number()))
const drift = dataset('drift', z.number())
const Customer = z.object({ name: z.string(), age: z.number() })
const customer = dataset('customer', Customer)
const customers = dataset('customers', z.array(Customer))
const model = dataset('model', z.object({ weights: z.array(z.number()) }))

const rate = node({
  name: 'rate',
  inputs: { customer, model },
  outputs: { score },
  params: { base: z.number() },
  run: (inputs) => ({ score: inputs.customer.age * inputs.model.weights.length }),
})
const train = node({
  name: 'train',
  inputs: {},
  outputs: { model },
  run: () => ({ model: { weights: [] } }),
})
const report = node({ name: 'report', inputs: {}, outputs: {}, run() {} })

describe('the types of triggers', () => {
  it('leave inputs as they are where all have succeeded', () => {
    const all = node({
      name: 'all',
      inputs: { score },
      outputs: {},
      trigger: 'allSucceeded',
      run(inputs) {
        expectTypeOf(inputs).toEqualTypeOf<{ readonly score: number }>()
      },
    })
    expect(all.trigger).toBeUndefined()
  })

  it('make inputs undefined where some may not have succeeded', async () => {
    const join = node({
      name: 'join',
      inputs: { score, drift },
      outputs: { model },
      trigger: 'anySucceeded',
      run(inputs) {
        expectTypeOf(inputs).toEqualTypeOf<{
          readonly score: number | undefined
          readonly drift: number | undefined
        }>()
        return { model: { weights: [inputs.score ?? inputs.drift ?? 0] } }
      },
    })
    const { outputs } = await runNode(join, { inputs: { drift: 3 } })
    expect(outputs.model.weights).toEqual([3])
  })

  it('refuse an unknown trigger', () => {
    // @ts-expect-error -- no such trigger
    expect(() => node({ name: 'n', inputs: {}, outputs: {}, trigger: 'always', run() {} })).toThrow(
      'trigger',
    )
  })
})

describe('the types of a branch', () => {
  it('let it choose one or several of its choices, or none', () => {
    const made = [
      branch({
        name: 'decide',
        inputs: { drift },
        params: { limit: z.number() },
        choices: { retrain: [train], keep: [report] },
        run(inputs, { params }) {
          expectTypeOf(inputs.drift).toEqualTypeOf<number>()
          return inputs.drift > params.limit ? 'retrain' : 'keep'
        },
      }),
      branch({
        name: 'decide',
        inputs: { drift },
        choices: { retrain: [train], keep: ['uk.report'] },
        run: async (inputs) => (inputs.drift > 1 ? ['retrain', 'keep'] : []),
      }),
    ]
    expect(made[0]?.choices).toEqual({ retrain: ['train'], keep: ['report'] })
  })

  it('refuse an unknown choice', () => {
    const made = [
      branch({
        name: 'decide',
        inputs: {},
        choices: { retrain: [train], keep: [] },
        // @ts-expect-error -- retrian is no choice
        run: () => 'retrian',
      }),
      branch({
        name: 'decide',
        inputs: { drift },
        choices: { retrain: [train], keep: [] },
        // @ts-expect-error -- one of them is no choice
        run: async (inputs) => (inputs.drift > 1 ? 'retrain' : ['keep', 'none']),
      }),
      branch({
        name: 'decide',
        inputs: {},
        choices: { retrain: [train] },
        // @ts-expect-error -- a branch chooses
        run: () => {},
      }),
      branch({
        name: 'decide',
        inputs: {},
        // @ts-expect-error -- outputs are for nodes
        outputs: { score },
        choices: { a: [] },
        run: () => 'a',
      }),
      // @ts-expect-error -- a dataset is no node
      branch({ name: 'decide', inputs: {}, choices: { a: [model] }, run: () => 'a' }),
    ]
    expect(made).toHaveLength(5)
  })
})

describe('the types of a map', () => {
  it('take a list in the place of the element and make lists', () => {
    const rating = map(rate, { over: customers, as: 'customer' })
    expectTypeOf(rating.inputs.customer).toEqualTypeOf<typeof customers>()
    expectTypeOf(rating.inputs.model).toEqualTypeOf<typeof model>()
    expectTypeOf<Value<typeof rating.outputs.score>>().toEqualTypeOf<number[]>()
    expectTypeOf(rating.outputs.score.name).toEqualTypeOf<'score'>()
    expectTypeOf(rating.name).toEqualTypeOf<'rate'>()
    const all = pipeline('all', [train, rating])
    expectTypeOf<PipelineResult<typeof all>>().toEqualTypeOf<{ readonly score: number[] }>()
  })

  it('have null among the results where elements may fail', () => {
    const rating = map(rate, { over: customers, as: 'customer', tolerate: 0.05 })
    expectTypeOf<Value<typeof rating.outputs.score>>().toEqualTypeOf<(number | null)[]>()
    const none = map(rate, { over: customers, as: 'customer', tolerate: 0 })
    expectTypeOf<Value<typeof none.outputs.score>>().toEqualTypeOf<number[]>()
  })

  it('need no `as` for a node of one input', () => {
    const one = node({
      name: 'one',
      inputs: { customer },
      outputs: { score },
      run: () => ({ score: 1 }),
    })
    expectTypeOf(map(one, { over: customers }).inputs.customer).toEqualTypeOf<typeof customers>()
    const rows = table('rows', Customer)
    expectTypeOf(map(one, { over: rows }).inputs.customer).toEqualTypeOf<typeof rows>()
  })

  it('put results into a dataset of lists that fits', () => {
    const rating = map(rate, { over: customers, as: 'customer', into: { score: scores } })
    expectTypeOf(rating.outputs.score).toEqualTypeOf<typeof scores>()
    const nullable = dataset('scores', z.array(z.number().nullable()).readonly())
    expectTypeOf(
      map(rate, { over: customers, as: 'customer', tolerate: 0.1, into: { score: nullable } })
        .outputs.score,
    ).toEqualTypeOf<typeof nullable>()
  })

  it('give a partition with its id', () => {
    const stations = partitioned(dataset('stations', z.array(z.number())))
    const station = dataset('station', z.object({ id: z.string(), value: z.array(z.number()) }))
    const mean = node({
      name: 'mean',
      inputs: { station },
      outputs: { score },
      run: () => ({ score: 1 }),
    })
    const means = map(mean, { over: stations })
    expectTypeOf(means.inputs.station).toEqualTypeOf<typeof stations>()
    const wrong = dataset('station', z.array(z.number()))
    const other = node({ name: 'mean', inputs: { station: wrong }, outputs: {}, run() {} })
    // @ts-expect-error -- an element is { id, value }
    expect(map(other, { over: stations }).name).toBe('mean')
  })

  it('nest', () => {
    const fold = dataset('fold', z.string())
    const folds = dataset('folds', z.array(z.string()))
    const fit = node({
      name: 'fit',
      inputs: { fold, customer },
      outputs: { score },
      run: () => ({ score: 1 }),
    })
    const inner = map(fit, { over: folds, as: 'fold', tolerate: 0.5 })
    const outer = map(inner, { over: customers })
    expectTypeOf<Value<typeof outer.outputs.score>>().toEqualTypeOf<(number | null)[][]>()
    expectTypeOf(outer.inputs).toEqualTypeOf<{
      readonly fold: typeof folds
      readonly customer: typeof customers
    }>()
    // @ts-expect-error -- it is an element already
    expect(() => map(inner, { over: folds, as: 'fold' })).toThrow('twice')
    // @ts-expect-error -- it belongs to the inner map
    expect(() => map(inner, { over: customers, tolerate: 0.5 })).toThrow('tolerate')
  })

  it('refuse what is no list, another element, and results that do not fit', () => {
    // @ts-expect-error -- no list
    expect(() => map(rate, { over: model, as: 'customer' })).toThrow('no list')
    // @ts-expect-error -- the elements are numbers
    expect(map(rate, { over: scores, as: 'customer' }).name).toBe('rate')
    // @ts-expect-error -- which of two inputs?
    expect(() => map(rate, { over: customers })).toThrow('which one')
    // @ts-expect-error -- no such input
    expect(() => map(rate, { over: customers, as: 'client' })).toThrow('no input')
    const texts = dataset('texts', z.array(z.string()))
    // @ts-expect-error -- numbers are made
    expect(map(rate, { over: customers, as: 'customer', into: { score: texts } }).name).toBe('rate')
    // @ts-expect-error -- no such output
    expect(() => map(rate, { over: customers, as: 'customer', into: { other: scores } })).toThrow(
      'no output',
    )
    expect(
      // @ts-expect-error -- null may be among them
      map(rate, { over: customers, as: 'customer', tolerate: 0.1, into: { score: scores } }).name,
    ).toBe('rate')
  })
})
