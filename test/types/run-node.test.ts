import { dataset, node, param, pipeline, table } from '@pipewright/engine'
import { runNode, runPipeline, type RunNodeOptions } from '@pipewright/engine/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'

const days = table('days', z.object({ date: z.string(), wind: z.number() }))
const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const seed = param('seed', z.int().default(1))

const train = node({
  name: 'train',
  inputs: { days },
  outputs: { model },
  params: {
    epochs: z.int().default(20),
    rate: z.number(),
    asOf: z.coerce.date<string>().optional(),
    seed,
  },
  run: (inputs) => ({ model: { weights: inputs.days.map((day) => day.wind) } }),
})
const given = [{ date: '2015-01-01', wind: 2 }]

const runTrain = (
  inputs: RunNodeOptions<typeof train.inputs, unknown>['inputs'],
): Promise<unknown> => runNode(train, { inputs, params: { rate: 1 } })

describe('the types of runNode', () => {
  it('gives the outputs their types', async () => {
    const { outputs, metrics } = await runNode(train, {
      inputs: { days: given },
      params: { rate: 0.1 },
    })
    expectTypeOf(outputs).toEqualTypeOf<{ readonly model: { weights: number[] } }>()
    expectTypeOf(metrics).toEqualTypeOf<Readonly<Record<string, number>>>()
    expect(outputs.model.weights).toEqual([2])
  })

  it('takes params in the form in which users give them', async () => {
    await runNode(train, {
      inputs: { days: given },
      params: { rate: 0.1, asOf: '2015-01-01', seed: 2, epochs: 3 },
    })
    const object = node({
      name: 'object',
      inputs: {},
      outputs: {},
      params: z.object({ size: z.string().transform(Number).prefault('3') }),
      run(_inputs, { params }) {
        expectTypeOf(params.size).toEqualTypeOf<number>()
      },
    })
    await runNode(object, { params: { size: '5' } })
    await runNode(object, {})
    // @ts-expect-error text is wanted, as on the command line
    await expect(runNode(object, { params: { size: 5 } })).rejects.toThrow('expected string')
  })

  it('refuses missing, extra and mistyped inputs', async () => {
    // @ts-expect-error days is missing
    await expect(runNode(train, { inputs: {}, params: { rate: 1 } })).rejects.toThrow(
      'is not given',
    )
    // @ts-expect-error inputs are missing
    await expect(runNode(train, { params: { rate: 1 } })).rejects.toThrow('is not given')
    // @ts-expect-error wind is missing
    const windless: Parameters<typeof runTrain>[0] = { days: [{ date: '' }] }
    await expect(runTrain(windless)).rejects.toThrow('wind')
    // @ts-expect-error more is not an input
    await runNode(train, { inputs: { days: given, more: 1 }, params: { rate: 1 } })
  })

  it('refuses missing, unknown and mistyped params', async () => {
    const inputs = { days: given }
    // @ts-expect-error rate has no default
    await expect(runNode(train, { inputs, params: {} })).rejects.toThrow('not set')
    // @ts-expect-error params are missing
    await expect(runNode(train, { inputs })).rejects.toThrow('not set')
    // @ts-expect-error epoch is not declared
    await expect(runNode(train, { inputs, params: { rate: 1, epoch: 1 } })).rejects.toThrow(
      'no param',
    )
    // @ts-expect-error a number is wanted
    await expect(runNode(train, { inputs, params: { rate: 'fast' } })).rejects.toThrow('refused')
    // @ts-expect-error a number is wanted for the shared param
    await expect(runNode(train, { inputs, params: { rate: 1, seed: 'x' } })).rejects.toThrow(
      'refused',
    )
  })
})

describe('the types of runPipeline', () => {
  it('gives a dataset that is asked for its type', async () => {
    const training = pipeline('training', [train])
    const run = await runPipeline(training, {
      inputs: { days: given },
      params: { train: { rate: 1 } },
    })
    expectTypeOf(run.output(model)).toEqualTypeOf<{ weights: number[] }>()
    expectTypeOf(run.status).toEqualTypeOf<'succeeded' | 'failed'>()
    expect(run.output(model)).toEqual({ weights: [2] })
  })
})
