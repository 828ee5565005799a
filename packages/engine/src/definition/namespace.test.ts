import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { compile } from '../plan/compile.ts'
import { resolveParams } from '../plan/resolve-params.ts'
import { runPipeline } from '../testing/run-pipeline.ts'
import { dataset } from './dataset.ts'
import { namespace } from './namespace.ts'
import { node } from './node.ts'
import { param } from './param.ts'
import { pipeline } from './pipeline.ts'

const days = dataset('days', z.number())
const features = dataset('features', z.number())
const model = dataset('model', z.number())
const seed = param('seed', z.int().default(1))

const prepare = node({
  name: 'prepare',
  inputs: { days },
  outputs: { features },
  run: (i) => ({ features: i.days + 1 }),
})
const train = node({
  name: 'train',
  inputs: { features },
  outputs: { model },
  params: { factor: z.int().default(2), seed },
  run: (i, { params, metric, node: instance }) => {
    metric(`seen by ${instance}`, i.features)
    return { model: i.features * params.factor + params.seed }
  },
})
const training = pipeline('training', [prepare, train], { metrics: ['train.loss'] })

describe('namespace', () => {
  it('puts the prefix before nodes, datasets, params and metrics', () => {
    const { plan } = compile(namespace(training, 'uk'))
    expect(plan).toMatchObject({
      pipeline: 'uk.training',
      inputs: ['uk.days'],
      outputs: ['uk.model'],
      metrics: ['uk.train.loss'],
    })
    expect(plan.nodes.map((n) => n.name)).toEqual(['uk.prepare', 'uk.train'])
    expect(plan.nodes[1]?.inputs).toEqual({ features: 'uk.features' })
    expect(resolveParams(namespace(training, 'uk'), { uk: { train: { factor: 3 } } })).toEqual({
      'uk.train.factor': 3,
      'uk.seed': 1,
    })
  })

  it('keeps the names that are listed', () => {
    const uk = namespace(training, 'uk', { inputs: [days], outputs: ['model'], params: ['seed'] })
    expect(compile(uk).plan).toMatchObject({ inputs: ['days'], outputs: ['model'] })
    expect(Object.keys(resolveParams(uk, {}))).toEqual(['uk.train.factor', 'seed'])
  })

  it('renames by a mapping, to names and to datasets', () => {
    const ukDays = dataset('uk_days', z.number())
    const uk = namespace(training, 'uk', {
      inputs: { days: ukDays },
      outputs: { model: 'uk_model' },
      params: { 'train.factor': 'factor' },
    })
    expect(compile(uk).plan).toMatchObject({ inputs: ['uk_days'], outputs: ['uk_model'] })
    expect(uk.nodes[0]?.inputs['days']).toBe(ukDays)
    expect(Object.keys(resolveParams(uk, {}))).toEqual(['factor', 'uk.seed'])
  })

  it('lets a pipeline be used beside itself, joined to what is outside', async () => {
    const best = dataset('best', z.number())
    const uk = namespace(training, 'uk', { inputs: [days], params: ['seed'] })
    const fr = namespace(training, 'fr', { inputs: [days], params: ['seed'] })
    const select = node({
      name: 'select',
      inputs: { uk: uk.nodes[1]!.outputs['model']!, fr: fr.nodes[1]!.outputs['model']! },
      outputs: { best },
      run: (i) => ({ best: Math.max(Number(i.uk), Number(i.fr)) }),
    })
    const countries = pipeline('countries', [uk, fr, select])
    const run = await runPipeline(countries, {
      inputs: { days: 10 },
      params: { seed: 5, fr: { train: { factor: 10 } } },
    })
    expect(run.outputs).toMatchObject({ 'uk.model': 27, 'fr.model': 115, best: 115 })
    expect(run.nodes.find((n) => n.name === 'fr.train')?.metrics).toEqual({
      'seen by fr.train': 11,
    })
  })

  it('nests', () => {
    const nested = namespace(namespace(training, 'north', { params: ['seed'] }), 'uk', {
      inputs: { 'north.days': 'days' },
    })
    expect(nested.name).toBe('uk.north.training')
    expect(nested.metrics).toEqual(['uk.north.train.loss'])
    expect(compile(nested).plan).toMatchObject({ inputs: ['days'], outputs: ['uk.north.model'] })
    expect(Object.keys(resolveParams(nested, {}))).toEqual(['uk.north.train.factor', 'uk.seed'])
  })

  it('joins a dataset renamed to the name of one outside, if the schema is the same', () => {
    const source = node({ name: 'source', inputs: {}, outputs: { days }, run: () => ({ days: 1 }) })
    const other = node({
      name: 'other',
      inputs: {},
      outputs: { o: dataset('other', z.string()) },
      run: () => ({ o: '' }),
    })
    const kept = namespace(training, 'uk', { inputs: { days: 'days' } })
    expect(compile(pipeline('p', [source, kept])).plan.inputs).toEqual([])
    const conflict = namespace(training, 'uk', { inputs: { days: 'other' } })
    expect(() => compile(pipeline('p', [other, conflict]))).toThrow(
      expect.objectContaining({ code: 'DATASET_CONFLICT' }),
    )
  })

  it('refuses to keep what is not there', () => {
    expect(() => namespace(training, 'uk', { inputs: ['day'] })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_DATASET', hint: 'Did you mean "days"?' }),
    )
    expect(() => namespace(training, 'uk', { inputs: ['features'] })).toThrow(
      'has no input "features" to keep',
    )
    expect(() => namespace(training, 'uk', { outputs: { days: 'x' } })).toThrow(
      'has no output "days" to keep',
    )
    expect(() => namespace(training, 'uk', { params: ['sed'] })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_PARAM', hint: 'Did you mean "seed"?' }),
    )
  })

  it('refuses names that are not valid, or too long with the prefix', () => {
    const refused = expect.objectContaining({ code: 'INVALID_NAME' })
    expect(() => namespace(training, 'a/b')).toThrow(refused)
    expect(() => namespace(training, 'x'.repeat(95))).toThrow(refused)
    expect(() => namespace(training, 'uk', { inputs: { days: 'a b' } })).toThrow(refused)
    expect(() => namespace(training, 'uk', { params: { seed: 'a b' } })).toThrow(refused)
  })
})
