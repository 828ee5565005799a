import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../definition/dataset.ts'
import { node } from '../definition/node.ts'
import { param } from '../definition/param.ts'
import { runNode } from './run-node.ts'

const days = table('days', z.object({ wind: z.number() }))
const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const seed = param('seed', z.int().default(1))

const train = node({
  name: 'train',
  inputs: { days },
  outputs: { model },
  params: { epochs: z.int().min(1).default(2), seed },
  run(inputs, { params, metric, log }) {
    for (let epoch = 0; epoch < params.epochs; epoch++) metric('loss', 1 / (epoch + 1), epoch)
    log.info('trained', { rows: inputs.days.length })
    return { model: { weights: inputs.days.map((day) => day.wind * params.seed) } }
  },
})

describe('runNode', () => {
  it('gives outputs, metrics and logs', async () => {
    const result = await runNode(train, { inputs: { days: [{ wind: 2 }] }, params: { seed: 3 } })
    expect(result).toEqual({
      outputs: { model: { weights: [6] } },
      metrics: { loss: 0.5 },
      metricHistory: [
        { key: 'loss', value: 1, step: 0 },
        { key: 'loss', value: 0.5, step: 1 },
      ],
      logs: [{ level: 'info', message: 'trained', fields: { rows: 1 } }],
    })
  })

  it('gives NaN back as a number', async () => {
    const lost = node({
      name: 'lost',
      inputs: {},
      outputs: {},
      run: (_i, { metric }) => metric('loss', NaN),
    })
    expect((await runNode(lost, {})).metrics).toEqual({ loss: NaN })
  })

  it('checks inputs, params and outputs as a worker does', async () => {
    // Wrong on purpose, as a test in JavaScript could be.
    const wrong = JSON.parse('[{ "wind": "strong" }]')
    await expect(runNode(train, { inputs: { days: wrong } })).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      dataset: 'days',
    })
    await expect(runNode(train, { inputs: JSON.parse('{}') })).rejects.toMatchObject({
      code: 'MISSING_INPUT',
      message: 'Input "days" (dataset "days") of node "train" is not given.',
    })
    await expect(
      runNode(train, { inputs: { days: [] }, params: { epochs: 0 } }),
    ).rejects.toMatchObject({ code: 'INVALID_PARAM' })
    await expect(
      runNode(train, { inputs: { days: [] }, params: JSON.parse('{"epoch": 1}') }),
    ).rejects.toMatchObject({
      code: 'UNKNOWN_PARAM',
      hint: 'Did you mean "train.epochs"?',
    })
    const broken = node({
      name: 'broken',
      inputs: {},
      outputs: { model },
      run: () => ({ model: { weights: [NaN] } }),
    })
    await expect(runNode(broken, {})).rejects.toMatchObject({ dataset: 'model' })
  })

  it('throws what the node throws, after one attempt', async () => {
    let attempts = 0
    const flaky = node({
      name: 'flaky',
      inputs: {},
      outputs: {},
      retries: 3,
      run(_inputs, { attempt }) {
        attempts++
        throw new Error(`attempt ${attempt}`)
      },
    })
    await expect(runNode(flaky, { attempt: 2 })).rejects.toThrow('attempt 2')
    expect(attempts).toBe(1)
  })

  it('applies the timeout and the signal', async () => {
    const endless = node({
      name: 'endless',
      inputs: {},
      outputs: {},
      timeout: 5,
      run: () => new Promise<void>(() => {}),
    })
    await expect(runNode(endless, {})).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    const heeding = node({
      name: 'heeding',
      inputs: {},
      outputs: {},
      run: (_inputs, { signal }) => signal.throwIfAborted(),
    })
    const reason = new Error('stop')
    await expect(runNode(heeding, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('gives a node a copy of its inputs', async () => {
    const given = [{ wind: 1 }]
    const greedy = node({
      name: 'greedy',
      inputs: { days },
      outputs: {},
      run: (inputs) => void inputs.days.push({ wind: 9 }),
    })
    await runNode(greedy, { inputs: { days: given } })
    expect(given).toEqual([{ wind: 1 }])
  })

  it('hands over inputs whose schema does not take its own values', async () => {
    const lengths = dataset(
      'lengths',
      z.string().transform((text) => text.length),
    )
    const twice = node({
      name: 'twice',
      inputs: { lengths },
      outputs: { model },
      run: (i) => ({ model: { weights: [i.lengths * 2] } }),
    })
    expect((await runNode(twice, { inputs: { lengths: 4 } })).outputs.model.weights).toEqual([8])
  })

  it('takes dates as inputs, and refuses them as JSON outputs', async () => {
    const asOf = dataset('as_of', z.coerce.date())
    const same = node({
      name: 'same',
      inputs: { asOf },
      outputs: { out: dataset('out', z.coerce.date()) },
      run: (i) => ({ out: i.asOf }),
    })
    await expect(runNode(same, { inputs: { asOf: new Date(0) } })).rejects.toMatchObject({
      code: 'DATASET_NOT_ENCODABLE',
    })
  })

  it('calls hooks', async () => {
    const seen: string[] = []
    await runNode(train, {
      inputs: { days: [] },
      hooks: [{ afterNodeRun: ({ node: name }) => void seen.push(name) }],
    })
    expect(seen).toEqual(['train'])
  })
})
