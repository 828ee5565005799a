import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { node } from '../definition/node.ts'
import { param, type ParamsDeclaration } from '../definition/param.ts'
import { pipeline, type Pipeline } from '../definition/pipeline.ts'
import { parseNodeParams } from '../run/node-params.ts'
import { resolveParams } from './resolve-params.ts'

const seed = param('seed', z.int().default(1))
const clean = node({ name: 'clean', inputs: {}, outputs: {}, params: { seed }, run() {} })
const train = node({
  name: 'train',
  inputs: {},
  outputs: {},
  params: { epochs: z.int().min(1).default(20), rate: z.number(), seed },
  run() {},
})
const training = pipeline('training', [clean, train])

function declaring(params: ParamsDeclaration): Pipeline {
  return pipeline('p', [node({ name: 'n', inputs: {}, outputs: {}, params, run() {} })])
}

/** What the node receives after the journey: resolved, written as JSON, read, parsed. */
function received(target: Pipeline, given: Readonly<Record<string, unknown>>): unknown {
  const stored: Readonly<Record<string, unknown>> = JSON.parse(
    JSON.stringify(resolveParams(target, given)),
  )
  return parseNodeParams(target.nodes[0]!, stored)
}

describe('resolveParams', () => {
  it('fills in defaults and gives all params flat and frozen', () => {
    const params = resolveParams(training, { 'train.rate': 0.1 })
    expect(params).toEqual({ seed: 1, 'train.epochs': 20, 'train.rate': 0.1 })
    expect(Object.isFrozen(params)).toBe(true)
  })

  it('takes nested objects, flat names, and mixtures', () => {
    const wanted = { seed: 7, 'train.epochs': 50, 'train.rate': 0.2 }
    expect(resolveParams(training, { train: { epochs: 50, rate: 0.2 }, seed: 7 })).toEqual(wanted)
    expect(resolveParams(training, { train: { epochs: 50 }, 'train.rate': 0.2, seed: 7 })).toEqual(
      wanted,
    )
  })

  it('takes an object as the value of a param, in a namespace too', () => {
    const inner = node({
      name: 'uk.train',
      inputs: {},
      outputs: {},
      params: { model: z.object({ depth: z.int() }) },
      run() {},
    })
    const wanted = { 'uk.train.model': { depth: 3 } }
    expect(
      resolveParams(pipeline('p', [inner]), { uk: { train: { model: { depth: 3 } } } }),
    ).toEqual(wanted)
    expect(resolveParams(pipeline('p', [inner]), { 'uk.train': { model: { depth: 3 } } })).toEqual(
      wanted,
    )
  })

  it('prefers what is given to what is configured, and that to defaults', () => {
    const configured = { train: { epochs: 30, rate: 0.5 }, seed: 3 }
    expect(resolveParams(training, { 'train.epochs': 99 }, { configured })).toEqual({
      seed: 3,
      'train.epochs': 99,
      'train.rate': 0.5,
    })
  })

  it('ignores params of other pipelines in the configuration', () => {
    const configured = {
      'train.rate': 1,
      scoring: { batch: 10 },
      other: null,
      score: { nested: { deep: 1 } },
    }
    expect(resolveParams(training, {}, { configured })).toEqual({
      seed: 1,
      'train.epochs': 20,
      'train.rate': 1,
    })
  })

  it('refuses an unknown param with the nearest names', () => {
    expect(() => resolveParams(training, { train: { epoch: 5, rate: 1 } })).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        code: 'UNKNOWN_PARAM',
        message: 'Pipeline "training" has no param "train.epoch".',
        hint: 'Did you mean "train.epochs"?',
      }),
    )
    for (const given of [JSON.parse('{"__proto__": 1}'), { constructor: 1 }]) {
      expect(() => resolveParams(training, given)).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_PARAM' }),
      )
    }
  })

  it('refuses an endless object instead of walking it', () => {
    const endless: Record<string, unknown> = {}
    endless['self'] = endless
    expect(() => resolveParams(training, { endless })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_PARAM' }),
    )
  })

  it('refuses a wrong value, naming param, node, what is expected and what was given', () => {
    expect(() => resolveParams(training, { 'train.rate': 1, 'train.epochs': 'many' })).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        code: 'INVALID_PARAM',
        message:
          'Param "train.epochs" of node "train" is refused: expected number, received string; got "many".',
      }),
    )
    expect(() =>
      resolveParams(training, { 'train.rate': 1 }, { configured: { seed: 'x' } }),
    ).toThrow(/Param "seed" of node "clean" and 1 more is refused/)
  })

  it('names the place inside an object, and cuts long values', () => {
    const target = declaring({ model: z.object({ depth: z.array(z.int()) }) })
    expect(() =>
      resolveParams(target, { n: { model: { depth: [1, 'x'], text: 'y'.repeat(500) } } }),
    ).toThrow(/expected number, received string at depth\[1\]; got .{101}\.$/)
  })

  it('says which param is missing', () => {
    expect(() => resolveParams(training, {})).toThrow(
      expect.objectContaining({
        code: 'MISSING_PARAM',
        message: 'Param "train.rate" of node "train" has no default and is not set.',
      }),
    )
  })

  it('leaves optional params out', () => {
    expect(resolveParams(declaring({ note: z.string().optional() }), {})).toEqual({})
    expect(resolveParams(declaring({ note: z.string().nullish() }), { n: { note: null } })).toEqual(
      { 'n.note': null },
    )
  })

  it('refuses what JSON cannot carry', () => {
    for (const value of [NaN, 10n, new Map(), () => 1, [undefined], { a: Infinity }]) {
      expect(() => resolveParams(declaring({ x: z.unknown() }), { n: { x: value } })).toThrow(
        expect.objectContaining({
          code: 'INVALID_PARAM',
          message: expect.stringContaining('JSON'),
        }),
      )
    }
  })

  it('refuses a value whose check throws', () => {
    const target = declaring({
      x: z.string().transform(() => {
        throw new Error('no luck')
      }),
    })
    expect(() => resolveParams(target, { 'n.x': 'a' })).toThrow(/is refused: no luck; got "a"/)
  })
})

describe('resolved params, parsed again by a worker', () => {
  it('apply a transform once', () => {
    const target = declaring({ x: z.number().transform((x) => x * 2) })
    expect(resolveParams(target, { 'n.x': 5 })).toEqual({ 'n.x': 5 })
    expect(received(target, { 'n.x': 5 })).toEqual({ x: 10 })
    expect(received(declaring({ x: z.string().transform(Number) }), { 'n.x': '5' })).toEqual({
      x: 5,
    })
  })

  it('keep one spelling of a coerced value', () => {
    const target = declaring({ x: z.coerce.number(), on: z.coerce.boolean() })
    expect(resolveParams(target, { n: { x: '5', on: 1 } })).toEqual({ 'n.x': 5, 'n.on': true })
    expect(received(target, { n: { x: '5', on: 1 } })).toEqual({ x: 5, on: true })
  })

  it('carry dates', () => {
    const target = declaring({ asOf: z.coerce.date() })
    const asOf = new Date('2015-06-01T00:00:00Z')
    expect(resolveParams(target, { n: { asOf } })).toEqual({ 'n.asOf': '2015-06-01T00:00:00.000Z' })
    expect(received(target, { n: { asOf } })).toEqual({ asOf })
    expect(received(target, { n: { asOf: '2015-06-01' } })).toEqual({ asOf })
    expect(received(declaring({ asOf: z.coerce.date().default(asOf) }), {})).toEqual({ asOf })
  })

  it('refuse a date where the schema cannot read one from JSON', () => {
    const target = declaring({ asOf: z.date() })
    expect(() => resolveParams(target, { n: { asOf: new Date() } })).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAM' }),
    )
  })

  it('carry codecs and text flags', () => {
    const iso = z.codec(z.iso.date(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString().slice(0, 10),
    })
    const asOf = new Date('2015-06-01')
    expect(resolveParams(declaring({ asOf: iso }), { n: { asOf: '2015-06-01' } })).toEqual({
      'n.asOf': '2015-06-01',
    })
    expect(received(declaring({ asOf: iso }), { n: { asOf: '2015-06-01' } })).toEqual({ asOf })
    expect(received(declaring({ on: z.stringbool() }), { n: { on: 'yes' } })).toEqual({ on: true })
  })

  it('show defaults inside objects', () => {
    const target = declaring({
      model: z.object({ depth: z.int().default(3), rate: z.number() }).prefault({ rate: 0.1 }),
    })
    expect(resolveParams(target, {})).toEqual({ 'n.model': { depth: 3, rate: 0.1 } })
    expect(resolveParams(target, { n: { model: { rate: 1 } } })).toEqual({
      'n.model': { depth: 3, rate: 1 },
    })
  })

  it('keep a default in the form before its transform', () => {
    const target = declaring({ x: z.string().default('5').transform(Number) })
    expect(resolveParams(target, {})).toEqual({ 'n.x': '5' })
    expect(received(target, {})).toEqual({ x: 5 })
    expect(resolveParams(declaring({ x: z.string().transform(Number).prefault('7') }), {})).toEqual(
      { 'n.x': '7' },
    )
  })

  it('freeze a default that is made anew each time', () => {
    let made = 0
    const target = declaring({ id: z.string().default(() => `id-${++made}`) })
    const stored = resolveParams(target, {})
    expect(parseNodeParams(target.nodes[0]!, stored)).toEqual({ id: stored['n.id'] })
  })

  it('refuse a default that JSON cannot give back', () => {
    for (const schema of [
      z.string().transform(Number).default(5),
      z.date().default(new Date(0)),
      z.number().default(NaN),
    ]) {
      expect(() => resolveParams(declaring({ x: schema }), {})).toThrow(
        expect.objectContaining({ name: 'PipelineError', code: 'PARAM_DEFAULT_NOT_JSON' }),
      )
    }
  })
})
