import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset } from '../definition/dataset.ts'
import type { Hooks } from '../definition/hooks.ts'
import { node, type AnyNode } from '../definition/node.ts'
import { pipeline } from '../definition/pipeline.ts'
import { FatalNodeError } from '../errors.ts'
import { compile } from '../plan/compile.ts'
import { numbers, randomPipeline } from './random-pipeline.ts'
import { runPipeline, type PipelineResult } from './run-pipeline.ts'

const days = dataset('days', z.array(z.number()))
const sum = dataset('sum', z.number())
const mean = dataset('mean', z.number())

const add = node({
  name: 'add',
  inputs: { days },
  outputs: { sum },
  run: (i) => ({ sum: i.days.reduce((x, y) => x + y, 0) }),
})
const divide = node({
  name: 'divide',
  inputs: { days, sum },
  outputs: { mean },
  params: { scale: z.number().default(1) },
  run(inputs, { params, metric, log }) {
    const value = (inputs.sum / inputs.days.length) * params.scale
    metric('mean', value)
    log.info('divided')
    return { mean: value }
  },
})
const statistics = pipeline('statistics', [divide, add])

const statuses = (run: PipelineResult): Readonly<Record<string, string>> =>
  Object.fromEntries(run.nodes.map((n) => [n.name, n.status]))

describe('runPipeline', () => {
  it('runs all nodes in order and gives every dataset that was made', async () => {
    const run = await runPipeline(statistics, {
      inputs: { days: [1, 2, 6] },
      params: { divide: { scale: 10 } },
    })
    expect(run.status).toBe('succeeded')
    expect(run.outputs).toEqual({ sum: 9, mean: 30 })
    expect(run.output(mean)).toBe(30)
    expect(run.nodes).toEqual([
      { name: 'add', status: 'succeeded', attempts: 1, metrics: {}, error: undefined, logs: [] },
      {
        name: 'divide',
        status: 'succeeded',
        attempts: 1,
        metrics: { mean: 30 },
        error: undefined,
        logs: [{ level: 'info', message: 'divided', fields: {} }],
      },
    ])
  })

  it('skips what depends on a failed node, and lets other branches end', async () => {
    const x = dataset('x', z.number())
    const y = dataset('y', z.number())
    const failing = node({
      name: 'failing',
      inputs: {},
      outputs: { x },
      run: (): { x: number } => {
        throw new RangeError('no rows')
      },
    })
    const child = node({ name: 'child', inputs: { x }, outputs: { y }, run: () => ({ y: 1 }) })
    const grandchild = node({ name: 'grandchild', inputs: { y, sum }, outputs: {}, run() {} })
    const run = await runPipeline(pipeline('p', [failing, child, grandchild, add, divide]), {
      inputs: { days: [1] },
    })
    expect(run.status).toBe('failed')
    expect(statuses(run)).toEqual({
      failing: 'failed',
      child: 'skipped',
      grandchild: 'skipped',
      add: 'succeeded',
      divide: 'succeeded',
    })
    expect(run.nodes.find((n) => n.name === 'failing')?.error).toMatchObject({
      code: 'RangeError',
      message: 'no rows',
    })
    expect(run.nodes.find((n) => n.name === 'child')?.attempts).toBe(0)
    expect(run.outputs).toEqual({ sum: 1, mean: 1 })
    expect(() => run.output(y)).toThrow(expect.objectContaining({ code: 'OUTPUT_NOT_MADE' }))
  })

  it('runs nodes at the same time where the graph allows it', async () => {
    let waiting = 0
    const { promise: all, resolve: letGo } = Promise.withResolvers<void>()
    const meet = (name: string): AnyNode =>
      node({
        name,
        inputs: {},
        outputs: {},
        async run() {
          // None ends before all three have begun.
          if (++waiting === 3) letGo()
          await all
        },
      })
    const run = await runPipeline(pipeline('p', ['one', 'two', 'three'].map(meet)))
    expect(run.status).toBe('succeeded')
  })

  it('tries again as the node says, and not after a fatal error', async () => {
    const flaky = node({
      name: 'flaky',
      inputs: {},
      outputs: { sum },
      retries: 3,
      backoff: { delay: '1h' },
      run(_inputs, { attempt, metric }) {
        metric('attempt', attempt)
        if (attempt < 3) throw new Error('not yet')
        return { sum: attempt }
      },
    })
    const hopeless = node({
      name: 'hopeless',
      inputs: {},
      outputs: {},
      retries: 3,
      run: () => {
        throw new FatalNodeError('never')
      },
    })
    const stubborn = node({
      name: 'stubborn',
      inputs: {},
      outputs: {},
      retries: 2,
      run: () => {
        throw new Error('still not')
      },
    })
    const run = await runPipeline(pipeline('p', [flaky, hopeless, stubborn]))
    expect(run.nodes.map(({ name, status, attempts }) => [name, status, attempts])).toEqual([
      ['flaky', 'succeeded', 3],
      ['hopeless', 'failed', 1],
      ['stubborn', 'failed', 3],
    ])
    expect(run.nodes[0]?.metrics).toEqual({ attempt: 3 })
  })

  it('waits between attempts when asked to', async () => {
    for (const retryDelay of ['none', 'policy'] as const) {
      let passed = false
      let seen: boolean | undefined
      const flaky = node({
        name: 'flaky',
        inputs: {},
        outputs: {},
        retries: 1,
        backoff: { type: 'fixed', delay: 50, jitter: 0 },
        run(_inputs, { attempt }) {
          seen = passed
          setTimeout(() => (passed = true), 5)
          if (attempt === 1) throw new Error('not yet')
        },
      })
      // oxlint-disable-next-line no-await-in-loop
      await runPipeline(pipeline('p', [flaky]), { retryDelay })
      expect(seen).toBe(retryDelay === 'policy')
    }
  })

  it('ends a node at its timeout, and tries it again', async () => {
    const slow = node({
      name: 'slow',
      inputs: {},
      outputs: {},
      retries: 1,
      timeout: 5,
      run: (_i, { attempt }) => (attempt === 1 ? new Promise<void>(() => {}) : undefined),
    })
    const run = await runPipeline(pipeline('p', [slow]))
    expect(run.nodes[0]).toMatchObject({ status: 'succeeded', attempts: 2 })
  })

  it('names the dataset that a schema refuses in the error of the node', async () => {
    const text = node({
      name: 'text',
      inputs: {},
      outputs: { sum },
      retries: 5,
      run: () => JSON.parse('{"sum": "nine"}'),
    })
    const run = await runPipeline(pipeline('p', [text]))
    expect(run.nodes[0]).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'DATASET_INVALID' },
    })
  })

  it('does not let nodes share what they are given', async () => {
    const list = dataset('list', z.array(z.number()))
    const make = node({ name: 'make', inputs: {}, outputs: { list }, run: () => ({ list: [1] }) })
    const greedy = (name: string): AnyNode =>
      node({
        name,
        inputs: { list },
        outputs: {},
        run(i, { metric }) {
          i.list.push(2)
          metric('length', i.list.length)
        },
      })
    const run = await runPipeline(pipeline('p', [make, greedy('one'), greedy('two')]))
    expect(run.nodes.slice(1).map((n) => n.metrics)).toEqual([{ length: 2 }, { length: 2 }])
  })

  it('refuses wrong inputs and params before anything runs', async () => {
    await expect(runPipeline(statistics, {})).rejects.toMatchObject({ code: 'MISSING_INPUT' })
    await expect(runPipeline(statistics, { inputs: { days: [], sum: 1 } })).rejects.toMatchObject({
      code: 'UNKNOWN_DATASET',
    })
    await expect(
      runPipeline(statistics, { inputs: { days: [] }, params: { scale: 1 } }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_PARAM' })
  })

  it('calls the hooks of the pipeline', async () => {
    const seen: string[] = []
    const hooks: Hooks = {
      beforePipelineRun: ({ params }) => void seen.push(`before ${JSON.stringify(params)}`),
      afterPipelineRun: () => void seen.push('after'),
      onPipelineError: ({ error }) => void seen.push(error),
    }
    await runPipeline(statistics, { inputs: { days: [1] }, hooks: [hooks] })
    const failing = node({
      name: 'failing',
      inputs: {},
      outputs: {},
      run: () => {
        throw new Error('no')
      },
    })
    await runPipeline(pipeline('p', [failing]), { hooks: [hooks] })
    expect(seen).toEqual([
      'before {"divide.scale":1}',
      'after',
      'before {}',
      'Node "failing" failed: no',
    ])
  })

  it('makes of every random graph what its order says', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = randomPipeline(numbers(seed))
      const { plan } = compile(random)
      const inputs = Object.fromEntries(plan.inputs.map((name) => [name, 1]))
      // oxlint-disable-next-line no-await-in-loop
      const run = await runPipeline(random, { inputs })
      const wanted = new Map<string, number>(Object.entries(inputs))
      for (const { inputs: read, outputs } of plan.nodes) {
        const total = Object.values(read).reduce(
          (result, name) => result + (wanted.get(name) ?? NaN),
          1,
        )
        for (const name of Object.values(outputs)) wanted.set(name, total)
      }
      expect(run.status).toBe('succeeded')
      expect({ ...inputs, ...run.outputs }).toEqual(Object.fromEntries(wanted))
    }
  })

  it('runs a long chain without recursion', async () => {
    const datasets = Array.from({ length: 3001 }, (_, i) => dataset(`d${i}`, z.number()))
    const chain = datasets.slice(1).map((to, i) =>
      node({
        name: `n${i}`,
        inputs: { from: datasets[i]! },
        outputs: { to },
        run: (x) => ({ to: x.from + 1 }),
      }),
    )
    const run = await runPipeline(pipeline('chain', chain), { inputs: { d0: 0 } })
    expect(run.outputs['d3000']).toBe(3000)
  })
})
