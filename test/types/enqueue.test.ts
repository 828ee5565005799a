import {
  dataset,
  node,
  param,
  pipeline,
  table,
  type PipelineParams,
  type PipelineResult,
} from '@pipewright/engine'
import type { Client } from '@pipewright/engine/client'
import type { Results } from '@pipewright/engine/results'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'

const days = table('days', z.object({ wind: z.number() }))
const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const score = dataset('score', z.number())
const seed = param('seed', z.int().default(1))

const train = node({
  name: 'train',
  inputs: { days },
  outputs: { model },
  params: { epochs: z.int().default(20), since: z.string(), seed },
  run: () => ({ model: { weights: [] } }),
})
const evaluate = node({
  name: 'evaluate',
  inputs: { model },
  outputs: { score },
  params: z.object({ threshold: z.number().optional() }),
  run: () => ({ score: 1 }),
})
const training = pipeline('training', [train, evaluate])

/** Calls that are compiled and never made. */
function compiles(calls: (client: Client, results: Results) => unknown): boolean {
  return typeof calls === 'function'
}

describe('the params of enqueue', () => {
  it('are typed by the pipeline, nested or flat, shared ones by their bare names', () => {
    expect(
      compiles((client) => [
        client.enqueue(training, { params: { train: { epochs: 5 }, seed: 7 } }),
        client.enqueue(training, { params: { 'train.epochs': 5, 'evaluate.threshold': 0.5 } }),
        client.enqueue(training),
        // @ts-expect-error -- a number
        client.enqueue(training, { params: { train: { epochs: 'many' } } }),
        // @ts-expect-error -- misspelt
        client.enqueue(training, { params: { train: { epoch: 5 } } }),
        // @ts-expect-error -- misspelt
        client.enqueue(training, { params: { trian: { epochs: 5 } } }),
        // @ts-expect-error -- shared, so it has its bare name
        client.enqueue(training, { params: { train: { seed: 5 } } }),
      ]),
    ).toBe(true)
  })

  it('are typed by name too, for a service that imports the type alone', () => {
    expect(
      compiles((client) => [
        client.enqueue<typeof training>('training', { params: { 'train.since': '2015' } }),
        // @ts-expect-error -- a text
        client.enqueue<typeof training>('training', { params: { 'train.since': 2015 } }),
        // @ts-expect-error -- another pipeline's name
        client.enqueue<typeof training>('scoring'),
        client.enqueue('anything', { params: { what: { ever: 1 } } }),
      ]),
    ).toBe(true)
  })

  it('are those of all parts of a pipeline of pipelines', () => {
    const other = node({
      name: 'other',
      inputs: {},
      outputs: {},
      params: { rate: z.number() },
      run() {},
    })
    const both = pipeline('both', [training, other])
    expect(
      compiles((client) => [
        client.enqueue(both, { params: { train: { epochs: 5 }, other: { rate: 1 } } }),
        // @ts-expect-error -- misspelt
        client.enqueue(both, { params: { other: { rates: 1 } } }),
      ]),
    ).toBe(true)
  })

  it('are any where a node was made in a loop', () => {
    const made = ['a', 'b'].map((name) =>
      node({ name, inputs: {}, outputs: {}, params: { size: z.int() }, run() {} }),
    )
    const looped = pipeline('looped', [...made, train])
    expectTypeOf<PipelineParams<typeof looped>>().toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })
})

describe('the result of a run', () => {
  it('has the types of the datasets that no node reads', () => {
    expectTypeOf<PipelineResult<typeof training>>().toEqualTypeOf<{ readonly score: number }>()
    expect(
      compiles(async (client, results) => {
        const run = await client.enqueue(training)
        expectTypeOf(await results.result(run, training)).toEqualTypeOf<{
          readonly score: number
        }>()
        expectTypeOf(await results.output(run, model)).toEqualTypeOf<{ weights: number[] }>()
        expectTypeOf(await results.output(run, 'model')).toEqualTypeOf<{ weights: number[] }>()
      }),
    ).toBe(true)
  })

  it('has them by name too, for a service that imports the type alone', () => {
    const since = dataset('since', z.coerce.date())
    const date = node({
      name: 'date',
      inputs: { model },
      outputs: { since },
      run: () => ({ since: new Date() }),
    })
    const dated = pipeline('dated', [training, date])
    expect(dated.nodes).toHaveLength(3)
    expect(
      compiles(async (client, results) => {
        const run = await client.enqueue<typeof dated>('dated')
        expectTypeOf(await results.result(run)).toEqualTypeOf<{
          readonly score: number
          readonly since: string
        }>()
        expectTypeOf(await results.output(run, 'score')).toEqualTypeOf<number>()
        // @ts-expect-error -- misspelt
        await results.output(run, 'scores')
        expectTypeOf(await results.result(run, dated)).toEqualTypeOf<{
          readonly score: number
          readonly since: Date
        }>()
        const later = await client.run<typeof training>(run.id)
        expectTypeOf(await results.output(later, 'model')).toEqualTypeOf<{ weights: number[] }>()
        const unknown = await client.enqueue('training')
        expectTypeOf(await results.output(unknown, 'anything')).toEqualTypeOf<unknown>()
        expectTypeOf(await results.result(unknown)).toEqualTypeOf<
          Readonly<Record<string, unknown>>
        >()
      }),
    ).toBe(true)
  })
})
