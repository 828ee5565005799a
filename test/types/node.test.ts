import {
  dataset,
  namespace,
  node,
  param,
  pipeline,
  slice,
  table,
  type Duration,
  type Value,
  type Values,
} from '@pipewright/engine'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'

const days = table('days', z.object({ date: z.string(), wind: z.number() }))
const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const score = dataset('score', z.number())

describe('the types of a dataset', () => {
  it('give its name and the type of its value', () => {
    expectTypeOf(days.name).toEqualTypeOf<'days'>()
    expectTypeOf<Value<typeof days>>().toEqualTypeOf<{ date: string; wind: number }[]>()
    expectTypeOf<Value<typeof score>>().toEqualTypeOf<number>()
  })

  it('follow the output of a transform', () => {
    const length = dataset(
      'length',
      z.string().transform((text) => text.length),
    )
    expectTypeOf<Value<typeof length>>().toEqualTypeOf<number>()
  })
})

describe('the types of a pipeline', () => {
  it('keep its name, in a slice too, and take any node', () => {
    const notify = node({ name: 'notify', inputs: { score }, outputs: {}, run() {} })
    const training = pipeline('training', [notify])
    expectTypeOf(training.name).toEqualTypeOf<'training'>()
    expectTypeOf(slice(training, { nodes: ['notify'] }).name).toEqualTypeOf<'training'>()
    expectTypeOf(namespace(training, 'uk').nodes).toEqualTypeOf(training.nodes)
  })
})

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

  it('accepts async functions, zod objects as params, and nothing where there are no outputs', () => {
    const nodes = [
      node({
        name: 'train',
        inputs: { days },
        outputs: { model, score },
        params: z.object({ epochs: z.int() }),
        async run({ days: rows }, { params }) {
          await Promise.resolve()
          return { model: { weights: [params.epochs] }, score: rows.length }
        },
      }),
      node({ name: 'notify', inputs: { score }, outputs: {}, run: () => undefined }),
      node({ name: 'notify', inputs: { score }, outputs: {}, run() {} }),
    ]
    expect(nodes).toHaveLength(3)
  })

  it('refuses a missing output', () => {
    const nodes = [
      node({
        name: 'n',
        inputs: {},
        outputs: { model, score },
        // @ts-expect-error score is missing
        run: () => ({ model: { weights: [] } }),
      }),
      node({
        name: 'n',
        inputs: {},
        outputs: { score },
        // @ts-expect-error nothing is returned
        run: () => {},
      }),
      node({
        name: 'n',
        inputs: {},
        outputs: { model, score },
        // @ts-expect-error score is missing, async
        run: async () => ({ model: { weights: [] } }),
      }),
      node({
        name: 'n',
        inputs: {},
        outputs: { score },
        // @ts-expect-error nothing is returned, async
        run: async () => {},
      }),
    ]
    expect(nodes).toHaveLength(4)
  })

  it('refuses an extra output', () => {
    const nodes = [
      node({
        name: 'n',
        inputs: {},
        outputs: { score },
        // @ts-expect-error other is not declared
        run: () => ({ score: 1, other: 2 }),
      }),
      node({
        name: 'n',
        inputs: {},
        outputs: { score },
        // @ts-expect-error other is not declared, async
        run: async () => ({ score: 1, other: 2 }),
      }),
    ]
    expect(nodes).toHaveLength(2)
  })

  it('refuses a mistyped output', () => {
    const nodes = [
      node({
        name: 'n',
        inputs: {},
        outputs: { score },
        // @ts-expect-error a number is wanted
        run: () => ({ score: 'one' }),
      }),
      node({
        name: 'n',
        inputs: {},
        outputs: { score },
        // @ts-expect-error a number is wanted, async
        run: async () => ({ score: 'one' }),
      }),
      node({
        name: 'n',
        inputs: {},
        outputs: { model },
        // @ts-expect-error the weights are numbers
        run: () => ({ model: { weights: ['1'] } }),
      }),
      node({
        name: 'n',
        inputs: {},
        outputs: { score },
        // @ts-expect-error null is no number
        run: () => ({ score: null }),
      }),
    ]
    expect(nodes).toHaveLength(4)
  })

  it('refuses a wrong definition', () => {
    // @ts-expect-error a duration has a unit
    const timeout: Duration = '10'
    expect(timeout).toBe('10')
    // @ts-expect-error threads, not thread
    const isolation = node({ name: 'n', inputs: {}, outputs: {}, isolation: 'threads', run() {} })
    // @ts-expect-error a name is no dataset
    const inputs = node({ name: 'n', inputs: { days: 'days' }, outputs: {}, run() {} })
    expect([isolation, inputs]).toHaveLength(2)
  })

  it('refuses an unknown param and an unknown input', () => {
    const misspelt = node({
      name: 'n',
      inputs: { score },
      outputs: {},
      params: z.object({ epochs: z.int() }),
      run(inputs, { params }) {
        // @ts-expect-error epoch is not declared
        void params.epoch
        // @ts-expect-error days is not an input
        void inputs.days
      },
    })
    expect(misspelt.name).toBe('n')
  })
})
