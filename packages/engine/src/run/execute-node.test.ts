import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset, type Dataset } from '../definition/dataset.ts'
import type { Hooks } from '../definition/hooks.ts'
import { node, type AnyNode } from '../definition/node.ts'
import { FatalNodeError, NodeTimeoutError } from '../errors.ts'
import { recordedLog, type LogLine } from '../testing/recorded-log.ts'
import { executeNode, type ExecuteNodeOptions } from './execute-node.ts'
import type { Metric } from './metric.ts'

const a = dataset('a', z.number())
const b = dataset('b', z.number())
const c = dataset('c', z.number())

interface Observed {
  readonly options: ExecuteNodeOptions<string>
  readonly lines: LogLine[]
  readonly metrics: Metric[]
  readonly order: string[]
}

function observed(of: AnyNode, overrides: Partial<ExecuteNodeOptions<string>> = {}): Observed {
  const lines: LogLine[] = []
  const metrics: Metric[] = []
  const order: string[] = []
  const options: ExecuteNodeOptions<string> = {
    node: of,
    runId: 'run-1',
    pipeline: 'p',
    instance: of.name,
    attempt: 1,
    params: {},
    load: (from: Dataset) => (order.push(`load ${from.name}`), 1),
    save: (to: Dataset, value: unknown) => (
      order.push(`save ${to.name}`),
      `${to.name}=${String(value)}`
    ),
    signal: new AbortController().signal,
    log: recordedLog(lines),
    onMetric: (...metric) => void metrics.push(metric),
    ...overrides,
  }
  return { options, lines, metrics, order }
}

const add = node({
  name: 'add',
  inputs: { x: a, y: b },
  outputs: { sum: c },
  run: (inputs) => ({ sum: inputs.x + inputs.y }),
})

describe('executeNode', () => {
  it('loads, runs, saves, and gives what save gave in the order of the outputs', async () => {
    const two = node({
      name: 'two',
      inputs: { a },
      outputs: { z: b, y: c },
      run: async (inputs) => ({ y: inputs.a + 1, z: inputs.a }),
    })
    const { options, order } = observed(two)
    expect(await executeNode(options)).toEqual(['b=1', 'c=2'])
    expect(order).toEqual(['load a', 'save b', 'save c'])
  })

  it('loads inputs at the same time, each under its argument', async () => {
    const waiting: (() => void)[] = []
    const asked: string[] = []
    const { options } = observed(add, {
      load: (from, argument) =>
        new Promise((resolve) => {
          asked.push(`${argument}: ${from.name}`)
          waiting.push(() => resolve(2))
          // None is answered before all are asked.
          if (waiting.length === 2) for (const answer of waiting) answer()
        }),
    })
    expect(await executeNode(options)).toEqual(['c=4'])
    expect(asked).toEqual(['x: a', 'y: b'])
  })

  it('tells the function who it is', async () => {
    let context: unknown
    const seen = node({
      name: 'seen',
      inputs: {},
      outputs: {},
      params: { epochs: z.coerce.number() },
      run(_inputs, given) {
        context = given
      },
    })
    await executeNode(
      observed(seen, { instance: 'seen[3]', attempt: 2, params: { 'seen.epochs': '5', other: 1 } })
        .options,
    )
    expect(context).toMatchObject({
      params: { epochs: 5 },
      runId: 'run-1',
      node: 'seen[3]',
      attempt: 2,
      idempotencyKey: 'run-1/seen[3]',
    })
  })

  it('refuses params that this code declares otherwise, once and for all', async () => {
    const strict = node({
      name: 'strict',
      inputs: {},
      outputs: {},
      params: { epochs: z.int() },
      run() {},
    })
    await expect(executeNode(observed(strict).options)).rejects.toMatchObject({
      code: 'INVALID_PARAM',
      retryable: false,
    })
  })

  it('passes on errors of load, of the function and of save as they are', async () => {
    const error = new Error('mine')
    const fail = (): never => {
      throw error
    }
    const failing = node({
      name: 'failing',
      inputs: {},
      outputs: { c },
      run: (): { c: number } => fail(),
    })
    await expect(executeNode(observed(failing).options)).rejects.toBe(error)
    await expect(executeNode(observed(add, { load: fail }).options)).rejects.toBe(error)
    await expect(
      executeNode(observed(add, { load: () => Promise.reject(error) }).options),
    ).rejects.toBe(error)
    await expect(executeNode(observed(add, { save: fail }).options)).rejects.toBe(error)
    await expect(
      executeNode(observed(add, { save: () => Promise.reject(error) }).options),
    ).rejects.toBe(error)
  })

  it('waits for the other loads and saves before it throws', async () => {
    for (const first of ['promise', 'throw'] as const) {
      const ended: string[] = []
      const { options } = observed(add, {
        load: async (from) => {
          if (from === b && first === 'promise') throw new Error('gone')
          await new Promise((resolve) => setImmediate(resolve))
          ended.push(from.name)
          return 1
        },
      })
      const load: ExecuteNodeOptions<string>['load'] = (from, argument) => {
        if (from === b && first === 'throw') throw new Error('gone')
        return options.load(from, argument)
      }
      await expect(executeNode({ ...options, load })).rejects.toThrow('gone')
      expect(ended).toEqual(['a'])
    }
  })
})

// What is returned is checked at run time for callers from JavaScript, and for nodes made in a loop.
const returning = (value: unknown): AnyNode => ({
  ...add,
  name: 'made',
  inputs: {},
  outputs: { b, c },
  run: () => value,
})

describe('what a function returns', () => {
  it.each([
    [undefined, 'Node "made" returned nothing, not an object with "b", "c".'],
    [null, 'Node "made" returned null, not'],
    ['text', 'Node "made" returned a string, not'],
    [[1, 2], 'Node "made" returned an array, not'],
    [{ b: 1 }, 'Node "made" returned no value for its output "c" (dataset "c").'],
    [{ b: 1, c: undefined }, 'returned no value for its output "c"'],
    [Object.create({ b: 1, c: 2 }), 'returned no value for its output "b"'],
  ])('is refused when it is %s', async (value, message) => {
    const { options, order } = observed(returning(value))
    await expect(executeNode(options)).rejects.toMatchObject({
      code: 'OUTPUT_MISSING',
      message: expect.stringContaining(message),
      retryable: false,
    })
    expect(order).toEqual([])
  })

  it('is refused when it has keys that are not declared', async () => {
    const { options, order } = observed(returning({ b: 1, c: 2, model: 3, d: 4 }))
    await expect(executeNode(options)).rejects.toMatchObject({
      code: 'OUTPUT_UNKNOWN',
      message:
        'Node "made" returned "model", "d", which it does not declare. Its outputs are "b", "c".',
    })
    expect(order).toEqual([])
  })

  it('may be null under a key, and anything when there are no outputs', async () => {
    expect(await executeNode(observed(returning({ b: null, c: 0 })).options)).toEqual([
      'b=null',
      'c=0',
    ])
    const none = node({ name: 'none', inputs: {}, outputs: {}, run: () => ({ ignored: true }) })
    expect(await executeNode(observed(none).options)).toEqual([])
  })
})

describe('an aborted signal', () => {
  const reason = new NodeTimeoutError('too long')

  it('ends the attempt before anything is loaded', async () => {
    const { options, order } = observed(add, { signal: AbortSignal.abort(reason) })
    await expect(executeNode(options)).rejects.toBe(reason)
    expect(order).toEqual([])
  })

  it('says more than what the function threw because of it', async () => {
    const controller = new AbortController()
    for (const run of [
      () => {
        controller.abort(reason)
        throw new Error('aborted by a library')
      },
      () => {
        controller.abort(reason)
        return { sum: 1 }
      },
    ]) {
      const { options, order } = observed({ ...add, run }, { signal: controller.signal })
      await expect(executeNode(options)).rejects.toBe(reason)
      expect(order.some((entry) => entry.startsWith('save'))).toBe(false)
    }
  })

  it('ends the attempt while it saves', async () => {
    const controller = new AbortController()
    const { options } = observed(add, {
      signal: controller.signal,
      save: () => {
        controller.abort(reason)
        return 'saved'
      },
    })
    await expect(executeNode(options)).rejects.toBe(reason)
  })
})

/** An observer that gives values for inputs. */
function give(values: object): Hooks {
  return { beforeNodeRun: () => ({ ...values }) }
}

function recording(name: string, events: string[]): Hooks {
  const at = (hook: string) => (info: object) => {
    events.push(
      `${name} ${hook} ${Object.values({
        ...info,
        runId: '',
        pipeline: '',
        node: '',
        attempt: '',
      })
        .filter(Boolean)
        .map((x) => JSON.stringify(x))
        .join(' ')}`.trim(),
    )
  }
  return {
    beforeNodeRun: at('beforeNodeRun'),
    afterNodeRun: at('afterNodeRun'),
    onNodeError: at('onNodeError'),
    beforeDatasetLoaded: at('beforeDatasetLoaded'),
    afterDatasetLoaded: at('afterDatasetLoaded'),
    beforeDatasetSaved: at('beforeDatasetSaved'),
    afterDatasetSaved: at('afterDatasetSaved'),
  }
}

describe('hooks', () => {
  it('are called around everything, in the order given, each awaited', async () => {
    const events: string[] = []
    const slow: Hooks = {
      async beforeNodeRun() {
        await new Promise((resolve) => setImmediate(resolve))
        events.push('slow beforeNodeRun')
      },
    }
    const one = node({
      name: 'one',
      inputs: { x: a },
      outputs: { y: b },
      run: (i) => (events.push('run'), { y: i.x }),
    })
    await executeNode(observed(one, { hooks: [slow, recording('second', events)] }).options)
    expect(events).toEqual([
      'second beforeDatasetLoaded "a"',
      'second afterDatasetLoaded "a" 1',
      'slow beforeNodeRun',
      'second beforeNodeRun {"x":1}',
      'run',
      'second beforeDatasetSaved "b" 1',
      'second afterDatasetSaved "b" 1',
      'second afterNodeRun {"x":1} {"y":1}',
    ])
  })

  it('hear of a failure, and not of an end', async () => {
    const events: string[] = []
    const failing = node({
      name: 'failing',
      inputs: {},
      outputs: {},
      run: () => Promise.reject(new Error('x')),
    })
    await expect(
      executeNode(observed(failing, { hooks: [recording('h', events)] }).options),
    ).rejects.toThrow('x')
    expect(events).toEqual(['h beforeNodeRun {}', 'h onNodeError {}'])
  })

  it('that throw are logged and change nothing', async () => {
    const bad: Hooks = {
      // Not even an object that cannot become text.
      beforeNodeRun: () => Promise.reject(Object.create(null)),
      afterDatasetSaved() {
        throw new Error('hook')
      },
    }
    const { options, lines } = observed(add, { hooks: [bad] })
    expect(await executeNode(options)).toEqual(['c=2'])
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'The hook beforeNodeRun threw; the run goes on.'],
      ['warn', 'The hook afterDatasetSaved threw; the run goes on.'],
    ])
  })

  it('may give other values for inputs, the last one counting, and only for inputs', async () => {
    const seen: unknown[] = []
    const { options, lines } = observed(add, {
      hooks: [
        give({ x: 5 }),
        give({ x: 7, other: 1 }),
        { afterNodeRun: ({ inputs }) => void seen.push(inputs) },
      ],
    })
    await executeNode(options)
    expect(seen).toEqual([expect.objectContaining({ x: 7 })])
    expect(lines.map(({ message }) => message)).toEqual([
      'A hook gave a value for "other", which the node does not read.',
    ])
  })

  it.each(['beforeNodeRun', 'afterNodeRun', 'afterDatasetLoaded', 'beforeDatasetSaved'] as const)(
    'fail the attempt when %s says so with a NodeError, and hear of it',
    async (name) => {
      const heard: unknown[] = []
      const strict: Hooks = {
        [name]: () => Promise.reject(new FatalNodeError('too few rows')),
        onNodeError: ({ error }) => void heard.push(error),
      }
      await expect(executeNode(observed(add, { hooks: [strict] }).options)).rejects.toMatchObject({
        code: 'FATAL_NODE_ERROR',
        message: 'too few rows',
      })
      expect(heard).toHaveLength(1)
    },
  )
})

const measured = (calls: (metric: (...args: readonly unknown[]) => void) => void): AnyNode =>
  node({
    name: 'm',
    inputs: {},
    outputs: {},
    run: (_i, { metric }) => calls(metric as (...args: readonly unknown[]) => void),
  })

describe('metric', () => {
  it('records key, value, step and time of the call', async () => {
    const before = Date.now()
    const { options, metrics } = observed(
      measured((metric) => (metric('loss', 0.5), metric('loss', 0.25, 3))),
    )
    await executeNode(options)
    expect(metrics).toEqual([
      ['loss', 0.5, 0, expect.any(Number)],
      ['loss', 0.25, 3, expect.any(Number)],
    ])
    for (const [, , , at] of metrics) expect(at >= before && at <= Date.now()).toBe(true)
  })

  it('writes values that JSON does not know as text', async () => {
    const { options, metrics } = observed(
      measured((metric) => [NaN, Infinity, -Infinity].forEach((value) => metric('x', value))),
    )
    await executeNode(options)
    expect(metrics.map(([, value]) => value)).toEqual(['NaN', 'Infinity', '-Infinity'])
  })

  it('never throws: the first bad call is logged, the others are dropped', async () => {
    const bad = [
      [''],
      ['x'.repeat(251), 1],
      [undefined, 1],
      [Symbol('s'), 1],
      [Object.create(null), 1],
      ['x', '1'],
      ['x'],
      ['x', 1, 0.5],
      ['x', 1, NaN],
      ['x', 1, null],
    ]
    for (const args of bad) {
      const { options, metrics, lines } = observed(
        measured((metric) => (metric(...args), metric(...args), metric('good', 1))),
      )
      await executeNode(options)
      expect(metrics.map(([key]) => key)).toEqual(['good'])
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatchObject({
        level: 'warn',
        message: expect.stringMatching(/^A metric was not recorded: .+\.$/),
      })
    }
  })

  it('drops calls after the end of the attempt', async () => {
    let late: ((...args: readonly unknown[]) => void) | undefined
    const { options, metrics, lines } = observed(
      measured((metric) => {
        late = metric
      }),
    )
    await executeNode(options)
    late?.('late', 1)
    expect(metrics).toEqual([])
    expect(lines).toHaveLength(1)
  })
})
