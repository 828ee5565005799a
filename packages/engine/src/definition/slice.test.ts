import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { compile } from '../plan/compile.ts'
import { numbers, randomPipeline } from '../testing/random-pipeline.ts'
import { dataset } from './dataset.ts'
import { node } from './node.ts'
import { pipeline, type Pipeline } from './pipeline.ts'
import { slice, type SliceOptions } from './slice.ts'

const raw = dataset('raw', z.number())
const days = dataset('days', z.number())
const model = dataset('model', z.number())
const score = dataset('score', z.number())

const clean = node({
  name: 'clean',
  inputs: { raw },
  outputs: { days },
  tags: ['fast'],
  run: () => ({ days: 1 }),
})
const train = node({
  name: 'train',
  inputs: { days },
  outputs: { model },
  tags: ['slow', 'ml'],
  run: () => ({ model: 1 }),
})
const evaluate = node({
  name: 'evaluate',
  inputs: { days, model },
  outputs: { score },
  tags: ['ml'],
  run: () => ({ score: 1 }),
})
const notify = node({ name: 'notify', inputs: { score }, outputs: {}, run() {} })
const plot = node({ name: 'plot', inputs: { days }, outputs: {}, tags: ['fast'], run() {} })
const training = pipeline('training', [clean, train, evaluate, notify, plot], {
  metrics: ['evaluate.f1', 'train.loss'],
  tags: { team: 'wind' },
})

const names = (p: Pipeline): readonly string[] => p.nodes.map((n) => n.name)

describe('slice', () => {
  it.each<[SliceOptions, readonly string[]]>([
    [{ fromNodes: ['train'] }, ['train', 'evaluate', 'notify']],
    [{ fromNodes: ['train', 'plot'] }, ['train', 'evaluate', 'notify', 'plot']],
    [{ toNodes: ['train'] }, ['clean', 'train']],
    [{ nodes: ['plot', 'train'] }, ['train', 'plot']],
    [{ tags: ['ml'] }, ['train', 'evaluate']],
    [{ tags: ['slow', 'fast'] }, ['clean', 'train', 'plot']],
    [{ fromInputs: ['model'] }, ['evaluate', 'notify']],
    [{ fromInputs: ['raw'] }, ['clean', 'train', 'evaluate', 'notify', 'plot']],
    [{ toOutputs: ['model'] }, ['clean', 'train']],
    [{ fromNodes: ['train'], toNodes: ['evaluate'] }, ['train', 'evaluate']],
    [{ fromNodes: ['train'], tags: ['fast', 'ml'] }, ['train', 'evaluate']],
    [{ fromInputs: ['days'], toOutputs: ['score'] }, ['train', 'evaluate']],
    [{}, ['clean', 'train', 'evaluate', 'notify', 'plot']],
  ])('keeps for %j the nodes %j', (options, kept) => {
    expect(names(slice(training, options))).toEqual(kept)
  })

  it('keeps name, tags and the metrics of the nodes that are left', () => {
    const part = slice(training, { toNodes: ['train'] })
    expect(part).toMatchObject({
      name: 'training',
      tags: { team: 'wind' },
      metrics: ['train.loss'],
    })
    expect(compile(part).plan.inputs).toEqual(['raw'])
  })

  it('makes datasets whose producer is cut away inputs', () => {
    expect(compile(slice(training, { nodes: ['evaluate'] })).plan.inputs).toEqual(['days', 'model'])
  })

  it.each<[SliceOptions, string, string]>([
    [{ nodes: ['trian'] }, 'UNKNOWN_NODE', 'Did you mean "train"?'],
    [{ fromNodes: ['trian'] }, 'UNKNOWN_NODE', 'Did you mean "train"?'],
    [{ toNodes: ['trian'] }, 'UNKNOWN_NODE', 'Did you mean "train"?'],
    [{ tags: ['fst'] }, 'UNKNOWN_TAG', 'Did you mean "fast"?'],
    [{ fromInputs: ['day'] }, 'UNKNOWN_DATASET', 'Did you mean "days"?'],
    [{ toOutputs: ['modell'] }, 'UNKNOWN_DATASET', 'Did you mean "model"?'],
  ])('refuses %j with %s', (options, code, hint) => {
    expect(() => slice(training, options)).toThrow(
      expect.objectContaining({ name: 'UsageError', code, hint }),
    )
  })

  it('refuses to be empty, and says which filters left nothing', () => {
    const refused: readonly SliceOptions[] = [
      { nodes: ['train'], tags: ['fast'] },
      { toOutputs: ['raw'] },
      { fromInputs: ['model'], toNodes: ['plot'] },
      { nodes: [] },
    ]
    for (const options of refused) {
      expect(() => slice(training, options)).toThrow(
        expect.objectContaining({ code: 'EMPTY_SLICE' }),
      )
    }
    expect(() => slice(training, { nodes: ['train'], tags: ['fast'] })).toThrow(
      'No node of pipeline "training" is left by nodes: train; tags: fast.',
    )
  })

  it('is closed in its direction on random graphs', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = numbers(seed)
      const whole = randomPipeline(random)
      const start = whole.nodes[Math.floor(random() * whole.nodes.length)]!
      const { plan } = compile(whole)
      const down = new Set(names(slice(whole, { fromNodes: [start.name] })))
      const up = new Set(names(slice(whole, { toNodes: [start.name] })))
      for (const planNode of plan.nodes) {
        const dependents = planNode.dependents.map((index) => plan.nodes[index]!.name)
        const producers = planNode.producers.map((index) => plan.nodes[index]!.name)
        // A node is downstream when it is the start or a producer of it is; likewise upstream.
        expect(down.has(planNode.name)).toBe(
          planNode.name === start.name || producers.some((p) => down.has(p)),
        )
        expect(up.has(planNode.name)).toBe(
          planNode.name === start.name || dependents.some((d) => up.has(d)),
        )
      }
      expect(names(slice(whole, { fromNodes: [start.name], toNodes: [start.name] }))).toEqual([
        start.name,
      ])
    }
  })
})
