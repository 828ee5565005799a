import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../definition/dataset.ts'
import { node } from '../definition/node.ts'
import { param } from '../definition/param.ts'
import { pipeline } from '../definition/pipeline.ts'
import { numbers, randomPipeline, shuffled } from '../testing/random-pipeline.ts'
import { compile } from './compile.ts'

const a = dataset('a', z.number())
const b = dataset('b', z.number())
const c = dataset('c', z.number())
const d = dataset('d', z.number())

const first = node({ name: 'first', inputs: { a }, outputs: { b }, run: (i) => ({ b: i.a }) })
const second = node({ name: 'second', inputs: { b }, outputs: { c }, run: (i) => ({ c: i.b }) })
const both = node({
  name: 'both',
  inputs: { b, c },
  outputs: { d },
  run: (i) => ({ d: i.b + i.c }),
})

describe('compile', () => {
  it('puts producers before dependents and joins them by index', () => {
    const { plan } = compile(pipeline('p', [both, second, first], { tags: { team: 'wind' } }))
    expect(
      plan.nodes.map(({ name, producers, dependents }) => ({ name, producers, dependents })),
    ).toEqual([
      { name: 'first', producers: [], dependents: [1, 2] },
      { name: 'second', producers: [0], dependents: [2] },
      { name: 'both', producers: [0, 1], dependents: [] },
    ])
    expect(plan).toMatchObject({
      version: 1,
      pipeline: 'p',
      inputs: ['a'],
      outputs: ['d'],
      tags: { team: 'wind' },
    })
  })

  it('keeps the order of declaration where the graph allows it', () => {
    const independent = ['z', 'y', 'x'].map((name) =>
      node({ name, inputs: { a }, outputs: {}, run() {} }),
    )
    const names = compile(
      pipeline('p', [independent[0]!, first, ...independent.slice(1), both, second]),
    ).plan.nodes
    expect(names.map((n) => n.name)).toEqual(['z', 'first', 'y', 'x', 'second', 'both'])
  })

  it('holds everything that a worker and a queue need, as JSON', () => {
    const seed = param('seed', z.int().default(1))
    const train = node({
      name: 'train',
      inputs: { days: a },
      outputs: { model: b },
      params: { epochs: z.int().default(20), seed },
      retries: 2,
      backoff: { type: 'fixed', delay: '5s', jitter: 0 },
      timeout: '10m',
      queue: 'gpu',
      isolation: 'process',
      tags: ['slow'],
      run: () => ({ model: 1 }),
    })
    const { plan } = compile(pipeline('p', [train]))
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    expect(plan.nodes[0]).toEqual({
      name: 'train',
      queue: 'gpu',
      isolation: 'process',
      retry: { retries: 2, type: 'fixed', delay: 5000, maxDelay: 60_000, jitter: 0 },
      timeout: 600_000,
      tags: ['slow'],
      inputs: { days: 'a' },
      outputs: { model: 'b' },
      params: { epochs: 'train.epochs', seed: 'seed' },
      producers: [],
      dependents: [],
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  })

  it('gives equal pipelines the same hash and different code another', () => {
    const one = node({ name: 'n', inputs: {}, outputs: {}, run: () => 'one' })
    const same = node({ name: 'n', inputs: {}, outputs: {}, run: () => 'one' })
    const other = node({ name: 'n', inputs: {}, outputs: {}, run: () => 'two' })
    const [first, second, third] = [one, same, other].map((n) => compile(pipeline('p', [n])).hash)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  it('joins a dataset that a node reads under two names once', () => {
    const twice = node({ name: 'twice', inputs: { x: b, y: b }, outputs: {}, run() {} })
    const { plan } = compile(pipeline('p', [first, twice]))
    expect(plan.nodes[0]?.dependents).toEqual([1])
    expect(plan.nodes[1]?.producers).toEqual([0])
  })

  it('cannot be changed', () => {
    const { plan } = compile(pipeline('p', [first]))
    expect(
      Object.isFrozen(plan) && Object.isFrozen(plan.nodes) && Object.isFrozen(plan.nodes[0]),
    ).toBe(true)
  })

  it('orders every random graph validly, and the same whatever the seed of the declaration', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = numbers(seed)
      const original = randomPipeline(random)
      const { plan } = compile(pipeline('p', shuffled(original.nodes, random)))
      expect(plan.nodes).toHaveLength(original.nodes.length)
      const makers = new Map(
        plan.nodes.flatMap((n, i) => Object.values(n.outputs).map((name) => [name, i])),
      )
      for (const [index, planNode] of plan.nodes.entries()) {
        const producers = new Set(
          Object.values(planNode.inputs).flatMap((name) => makers.get(name) ?? []),
        )
        expect(planNode.producers).toEqual([...producers].toSorted((x, y) => x - y))
        expect(planNode.producers.every((producer) => producer < index)).toBe(true)
        for (const producer of producers) expect(plan.nodes[producer]?.dependents).toContain(index)
        expect(
          planNode.dependents.every((dependent) =>
            plan.nodes[dependent]?.producers.includes(index),
          ),
        ).toBe(true)
      }
      expect(compile(original).plan.nodes.map((n) => n.name)).toEqual(
        original.nodes.map((n) => n.name),
      )
    }
  })

  it('does not recurse over the depth of the graph', () => {
    const datasets = Array.from({ length: 20_001 }, (_, i) => dataset(`d${i}`, z.number()))
    const chain = datasets.slice(1).map((to, i) => {
      const from = datasets[i]!
      return node({ name: `n${i}`, inputs: { from }, outputs: { to }, run: () => ({ to: 1 }) })
    })
    const { plan } = compile(pipeline('chain', chain.toReversed()))
    expect(plan.nodes.at(-1)).toMatchObject({ name: 'n19999', producers: [19_998] })
  })
})

describe('a pipeline that cannot be compiled', () => {
  it('has no nodes', () => {
    expect(() => compile(pipeline('p', []))).toThrow(
      expect.objectContaining({ code: 'EMPTY_PIPELINE' }),
    )
  })

  it('has a cycle, which is shown with its nodes and datasets', () => {
    const back = node({ name: 'back', inputs: { c }, outputs: { a }, run: () => ({ a: 1 }) })
    const after = node({ name: 'after', inputs: { c }, outputs: { d }, run: () => ({ d: 1 }) })
    expect(() => compile(pipeline('p', [after, first, second, back]))).toThrow(
      expect.objectContaining({
        code: 'PIPELINE_CYCLE',
        message: 'Pipeline "p" has a cycle: back -(a)-> first -(b)-> second -(c)-> back.',
      }),
    )
  })

  it('has a node that reads its own output', () => {
    const own = node({ name: 'own', inputs: { a }, outputs: { out: a }, run: () => ({ out: 1 }) })
    expect(() => compile(pipeline('p', [own]))).toThrow('has a cycle: own -(a)-> own.')
  })

  it('shows a cycle through a long way cut in the middle', () => {
    const datasets = Array.from({ length: 100 }, (_, i) => dataset(`d${i}`, z.number()))
    const ring = datasets.map((from, i) => {
      const to = datasets[(i + 1) % 100]!
      return node({ name: `n${i}`, inputs: { from }, outputs: { to }, run: () => ({ to: 1 }) })
    })
    expect(() => compile(pipeline('p', ring))).toThrow(/… 81 more …/)
  })

  it('has two producers of one dataset', () => {
    const other = node({ name: 'other', inputs: {}, outputs: { b }, run: () => ({ b: 1 }) })
    expect(() => compile(pipeline('p', [first, other]))).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_OUTPUT',
        message: 'Pipeline "p": nodes "first" and "other" both make dataset "b".',
      }),
    )
  })

  it('has a node that makes one dataset twice', () => {
    const twice = node({
      name: 'twice',
      inputs: {},
      outputs: { x: b, y: b },
      run: () => ({ x: 1, y: 1 }),
    })
    expect(() => compile(pipeline('p', [twice]))).toThrow(
      'node "twice" makes dataset "b" under two keys',
    )
  })

  it('uses one dataset name for two datasets', () => {
    const text = dataset('b', z.string())
    const reader = node({ name: 'reader', inputs: { text }, outputs: {}, run() {} })
    expect(() => compile(pipeline('p', [first, reader]))).toThrow(
      expect.objectContaining({
        code: 'DATASET_CONFLICT',
        message: expect.stringContaining(
          'nodes "first" and "reader" use two different datasets with the name "b"',
        ),
      }),
    )
    const rows = z.array(z.object({ x: z.number() }))
    const asValue = node({ name: 'v', inputs: { t: dataset('t', rows) }, outputs: {}, run() {} })
    const asTable = node({
      name: 't',
      inputs: { t: table('t', z.object({ x: z.number() })) },
      outputs: {},
      run() {},
    })
    expect(() => compile(pipeline('p', [asValue, asTable]))).toThrow(
      expect.objectContaining({ code: 'DATASET_CONFLICT' }),
    )
  })

  it('promotes a metric of a node that it does not have', () => {
    expect(() => compile(pipeline('p', [first, second], { metrics: ['secnd.f1'] }))).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_METRIC',
        message: 'Pipeline "p" promotes the metric "secnd.f1", but no node of it is named "secnd".',
        hint: expect.stringContaining('Did you mean "second"?'),
      }),
    )
    for (const metric of ['first', 'first.', '.f1', '']) {
      expect(() => compile(pipeline('p', [first], { metrics: [metric] }))).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_METRIC' }),
      )
    }
    expect(compile(pipeline('p', [first], { metrics: ['first.a.b'] })).plan.metrics).toEqual([
      'first.a.b',
    ])
  })

  it('declares one param with two schemas', () => {
    const one = node({
      name: 'one',
      inputs: {},
      outputs: {},
      params: { seed: param('seed', z.int()) },
      run() {},
    })
    const two = node({
      name: 'two',
      inputs: {},
      outputs: {},
      params: { seed: param('seed', z.int()) },
      run() {},
    })
    expect(() => compile(pipeline('p', [one, two]))).toThrow(
      expect.objectContaining({
        code: 'PARAM_CONFLICT',
        message: expect.stringContaining('"one" and "two"'),
      }),
    )
  })
})
