import { createHash } from 'node:crypto'

import { keys } from '@pipewright/engine/internal'
import { startAdapter, type Adapter, type AdapterSettingsInput } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { expectEqual, type SeenPipelineRun } from './equality.ts'
import { HandMadeRun, handMadePlan, inlineValue } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'
import type { SeenRun } from './tracking-server.ts'

const plan = handMadePlan(
  'training',
  [
    { name: 'clean', outputs: { days: 'days' } },
    {
      name: 'train',
      inputs: { days: 'days' },
      outputs: { model: 'model' },
      params: { epochs: 'train.epochs', seed: 'seed' },
    },
    { name: 'evaluate', inputs: { model: 'model' } },
    { name: 'quick', outputs: { table: 'table' } },
    { name: 'broken', inputs: { table: 'table' }, outputs: { report: 'report' } },
    { name: 'after', inputs: { report: 'report' } },
    { name: 'slow' },
    { name: 'score[17]' },
  ],
  ['evaluate.f1', 'score[17].f1', 'train.accuracy'],
)

describe('a run with failed, retried, lost, skipped and cancelled nodes', () => {
  let ledger: TestLedger
  let adapter: Adapter
  let run: HandMadeRun
  let seen: SeenPipelineRun
  let t: number
  const model = new TextEncoder().encode('{"weights":[1,2]}')

  beforeAll(async () => {
    ledger = await newLedger('recording')
    adapter = await startAdapter({
      ...ledger.options,
      settings: { artifacts: { datasets: ['days', 'model', 'table', 'gone'], maxBytes: 1000 } },
      readStore: async (uri) => (uri === 'runs/model.json' ? model : undefined),
      metricsInterval: 100,
    })
    run = new HandMadeRun(ledger.redis, ledger.prefix, plan, {
      'train.epochs': 50,
      seed: 7,
      grid: { depth: [1, 2] },
      name: 'Zoë – 日本',
    })
    t = run.createdAt
    await run.submit({ team: 'weather' })
    await run.end('clean', {}, [inlineValue('days', [{ wind: 3 }])])
    await tellTraining()
    await run.end('evaluate', { metrics: [['f1', 0.75, 0, t + 9500]], finalMetrics: { f1: 0.75 } })
    await run.end('quick', {}, [
      { dataset: 'table', format: 'csv', bytes: 5000, sha256: '00', uri: 'runs/table.csv' },
      { dataset: 'gone', format: 'text', bytes: 5, sha256: '00', uri: 'runs/gone.txt' },
    ])
    const error = {
      code: 'TypeError',
      message: 'x is not a function',
      hint: 'Call a function.',
      stack: 'at f',
    }
    await run.end('broken', { status: 'failed', error })
    await run.end('after', {
      status: 'skipped',
      attempt: 0,
      startedAt: 0,
      endedAt: t + 2500,
      worker: '',
    })
    await run.say({ type: 'node_started', ...run.at('slow'), at: t + 100, worker: 'worker-2' })
    await run.end('slow', { status: 'cancelled', startedAt: t + 100, endedAt: t + 20_000 })
    await run.end('score[17]', {
      metrics: [['f1', 'NaN', 0, t + 1500]],
      finalMetrics: { f1: 'NaN' },
    })
    await run.finish('failed')
    await drained(adapter)
    seen = await expectEqual(ledger.seen, run, 'FAILED')
  }, MLFLOW_TIMEOUT_MS)

  /** The first attempt fails, a worker is lost with the second, the third succeeds. */
  async function tellTraining(): Promise<void> {
    const worker = 'worker-1'
    await run.say({ type: 'node_started', ...run.at('train'), at: t + 2000, worker })
    await run.say({ type: 'node_metrics', ...run.at('train'), metrics: [['loss', 2, 0, t + 2100]] })
    await run.say({
      type: 'node_retrying',
      ...run.at('train'),
      startedAt: t + 2000,
      endedAt: t + 3000,
      worker,
      metrics: [['loss', 1.5, 1, t + 2200]],
      dueAt: t + 4000,
      error: { code: 'RangeError', message: 'diverged' },
    })
    await run.say({ type: 'node_started', ...run.at('train', 2), at: t + 4000, worker })
    await run.say({ type: 'node_lost', ...run.at('train', 2), losses: 1, at: t + 5000 })
    await run.say({ type: 'node_started', ...run.at('train', 3), at: t + 6000, worker })
    await run.say({
      type: 'node_metrics',
      ...run.at('train', 3),
      metrics: [
        ['loss', 0.9, 0, t + 6100],
        ['loss', 0.5, 1, t + 6200],
      ],
    })
    await run.end(
      'train',
      {
        attempt: 3,
        startedAt: t + 6000,
        endedAt: t + 9000,
        metrics: [
          ['loss', 0.4, 2, t + 6300],
          ['accuracy', 0.8, 0, t + 8999],
        ],
        finalMetrics: { loss: 0.4, accuracy: 0.8 },
      },
      [
        {
          dataset: 'model',
          format: 'json',
          bytes: model.length,
          sha256: createHash('sha256').update(model).digest('hex'),
          uri: 'runs/model.json',
        },
      ],
    )
  }

  afterAll(async () => {
    await adapter?.stop()
    await ledger?.close()
  })

  it('shows the final metrics of its nodes on the parent, promoted ones bare unless two share a name', () => {
    expect(seen.parent.metrics).toEqual({
      'train.loss': 0.4,
      'train.accuracy': 0.8,
      accuracy: 0.8,
      'evaluate.f1': 0.75,
      'score.17.f1': 'NaN',
    })
  })

  it('names the node by which the run failed', () => {
    expect(seen.parent.end).toBe(t + 30_000)
    expect(seen.parent.tags).toMatchObject({
      team: 'weather',
      'pipewright.status': 'failed',
      'pipewright.error.node': 'broken',
      'pipewright.error.code': 'TypeError',
    })
  })

  it('carries the plan as a graph and as an artifact', async () => {
    expect(seen.parent.tags['mlflow.note.content']).toContain('n0 -->|"days"| n1')
    expect(JSON.parse(await ledger.seen.artifact(seen.parent.id, 'plan.json'))).toEqual(plan)
  })

  it('keeps a superseded attempt as a failed run below its successor', async () => {
    const train = seen.nodes.get('train')
    const second = seen.all.find(({ tags }) => tags['mlflow.parentRunId'] === train?.id)
    const first = seen.all.find(({ tags }) => tags['mlflow.parentRunId'] === second?.id)
    expect(second).toMatchObject({
      name: 'train (attempt 2)',
      status: 'FAILED',
      start: t + 4000,
      end: t + 5000,
      tags: {
        'pipewright.kind': 'attempt',
        'pipewright.status': 'lost',
        'pipewright.error.code': 'WORKER_LOST',
      },
    })
    expect(first).toMatchObject({
      name: 'train (attempt 1)',
      status: 'FAILED',
      start: t + 2000,
      end: t + 3000,
      params: { epochs: '50', seed: '7' },
      tags: {
        'pipewright.kind': 'attempt',
        'pipewright.status': 'retried',
        'pipewright.error.message': 'diverged',
      },
    })
    expect(await ledger.seen.history(first?.id ?? '', 'loss')).toEqual([
      [2, 0, t + 2100],
      [1.5, 1, t + 2200],
    ])
  })

  it('keeps every point of a metric with its step and time', async () => {
    expect(await ledger.seen.history(seen.nodes.get('train')?.id ?? '', 'loss')).toEqual([
      [0.9, 0, t + 6100],
      [0.5, 1, t + 6200],
      [0.4, 2, t + 6300],
    ])
  })

  it('uploads the datasets that the settings name, from the ledger and from the store', async () => {
    expect(await ledger.seen.artifact(seen.nodes.get('clean')?.id ?? '', 'days.json')).toBe(
      '[{"wind":3}]',
    )
    expect(await ledger.seen.artifact(seen.nodes.get('train')?.id ?? '', 'model.json')).toBe(
      '{"weights":[1,2]}',
    )
  })

  it('notes artifacts that it does not upload', () => {
    const tags = seen.nodes.get('quick')?.tags
    expect(tags?.['pipewright.artifact.table']).toMatch(/^not uploaded: 5000 bytes/)
    expect(tags?.['pipewright.artifact.gone']).toBe('not uploaded: the store has no runs/gone.txt')
  })

  it('knows the address of the run', async () => {
    const url = await adapter.runUrl(run.id)
    expect(url?.runId).toBe(seen.parent.id)
    expect(url?.url).toMatch(/\/#\/experiments\/\d+\/runs\/[0-9a-f]{32}$/)
    expect(await adapter.runUrl('nobody')).toBeUndefined()
  })

  it('makes no second record of events that are told again', async () => {
    const before = await adapter.status()
    await ledger.redis.xgroup('SETID', `${ledger.prefix}:outbox`, 'mlflow', '0')
    await drained(adapter)
    expect((await adapter.status()).recorded).toBe(before.recorded * 2)
    const again = await expectEqual(ledger.seen, run, 'FAILED')
    expect(again.all.map(({ id }) => id).toSorted()).toEqual(
      seen.all.map(({ id }) => id).toSorted(),
    )
  })
})

describe('limits of MLflow', () => {
  it('values are cut with a remark, many params and metrics are split, and names are spelled as keys', async () => {
    const ledger = await newLedger('limits')
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`p${at}`, at]))
    const one = handMadePlan('limits', [{ name: 'only' }])
    const run = new HandMadeRun(ledger.redis, ledger.prefix, one, {
      ...many,
      long: 'x'.repeat(9000),
      'a//b@c': 1,
    })
    await run.submit({ 'odd=key': 'v'.repeat(9000) })
    const points = Array.from(
      { length: 2500 },
      (_, at) => ['loss', at / 7, at, run.createdAt + at] as const,
    )
    await run.end('only', { metrics: points, finalMetrics: { loss: 2499 / 7 } })
    await run.finish('succeeded')
    const adapter = await startAdapter(ledger.options)
    await drained(adapter)
    await adapter.stop()
    const runs = await ledger.seen.runs()
    const parent = runs.find(({ tags }) => tags['pipewright.kind'] === 'pipeline')
    expect(Object.keys(parent?.params ?? {})).toHaveLength(252)
    expect(parent?.params['long']).toMatch(/^x+… \[cut: 9000 characters\]$/)
    expect(parent?.params['long']).toHaveLength(6000)
    expect(parent?.params['a__b_c']).toBe('1')
    expect(parent?.tags['odd_key']).toMatch(/… \[cut: 9000 characters\]$/)
    expect(JSON.parse(await ledger.seen.artifact(parent?.id ?? '', 'params.json'))).toEqual(
      run.params,
    )
    const only = runs.find(({ name }) => name === 'only')
    expect(await ledger.seen.history(only?.id ?? '', 'loss')).toHaveLength(2500)
    await ledger.close()
  })
})

function names(runs: readonly SeenRun[]): readonly string[] {
  return runs.map(({ name }) => name).toSorted()
}

describe('settings', () => {
  const two = handMadePlan('settings', [{ name: 'good' }, { name: 'bad' }])
  let ledger: TestLedger
  let run: HandMadeRun

  beforeAll(async () => {
    ledger = await newLedger('settings')
  }, MLFLOW_TIMEOUT_MS)
  afterAll(() => ledger.close())

  /** Records a run whose second node fails twice, with an adapter of these settings. */
  async function record(settings: AdapterSettingsInput): Promise<readonly SeenRun[]> {
    const group = `group-${Math.random()}`
    const adapter = await startAdapter({ ...ledger.options, group, settings })
    run = new HandMadeRun(ledger.redis, ledger.prefix, two, { grid: { depth: { max: 3 } } })
    const t = run.createdAt
    await run.submit()
    await run.end('good', { metrics: [['f1', 1, 0, t]], finalMetrics: { f1: 1 } })
    await run.say({ type: 'node_started', ...run.at('bad'), at: t + 10, worker: 'w' })
    await drained(adapter)
    await run.say({
      type: 'node_retrying',
      ...run.at('bad'),
      startedAt: t + 10,
      endedAt: t + 20,
      worker: 'w',
      metrics: [],
      dueAt: t + 30,
      error: { code: 'Error', message: 'no' },
    })
    await run.end('bad', { attempt: 2, status: 'failed', error: { code: 'Error', message: 'no' } })
    await run.finish('failed')
    await drained(adapter)
    await adapter.stop()
    await ledger.redis.del(keys.outbox(ledger.prefix))
    return (await ledger.seen.runs()).filter(({ tags }) => tags['pipewright.run'] === run.id)
  }

  it('attempts: last leaves no trace of superseded attempts', async () => {
    expect(names(await record({ attempts: 'last' }))).toEqual(['bad', 'good', 'settings'])
  })

  it('nodeRuns: failed records failed attempts, and the metrics of all nodes on the parent', async () => {
    const runs = await record({ nodeRuns: 'failed' })
    expect(names(runs)).toEqual(['bad', 'bad (attempt 1)', 'settings'])
    expect(runs.find(({ name }) => name === 'settings')?.metrics).toEqual({ 'good.f1': 1 })
  })

  it('nodeRuns: none records the parent alone', async () => {
    expect(names(await record({ nodeRuns: 'none' }))).toEqual(['settings'])
  })

  it('a run that was cancelled says KILLED, and so do its nodes that had not ended', async () => {
    const adapter = await startAdapter({ ...ledger.options, group: 'cancelled' })
    run = new HandMadeRun(ledger.redis, ledger.prefix, two)
    const t = run.createdAt
    await run.submit()
    await run.say({ type: 'node_started', ...run.at('good'), at: t + 10, worker: 'w' })
    await run.end('good', { status: 'cancelled', startedAt: t + 10 })
    await run.end('bad', { status: 'cancelled', attempt: 0, startedAt: 0, worker: '' })
    await run.finish('cancelled')
    await drained(adapter)
    const { parent, all } = await expectEqual(ledger.seen, run, 'KILLED')
    expect(all.map(({ status }) => status)).toEqual(['KILLED', 'KILLED', 'KILLED'])
    expect(parent.tags['pipewright.status']).toBe('cancelled')
    await adapter.stop()
    await ledger.redis.del(keys.outbox(ledger.prefix))
  })

  it('a disabled pipeline is not recorded', async () => {
    expect(await record({ disabledPipelines: ['settings'] })).toEqual([])
  })

  it('the parent has the name, tags and flattened params that the settings ask for', async () => {
    const runs = await record({
      runName: 'nightly',
      tags: { team: 'x' },
      params: { separator: '/' },
    })
    const parent = runs.find(({ name }) => name === 'nightly')
    expect(parent?.tags['team']).toBe('x')
    expect(parent?.params).toEqual({ 'grid/depth/max': '3' })
  })

  it('values of secret names are not recorded, and a random name is the run’s own', async () => {
    const runs = await record({ redact: ['depth'], runName: 'try ${km.random_name:}' })
    const parent = runs.find(({ tags }) => tags['pipewright.kind'] === 'pipeline')
    expect(parent?.params).toEqual({ 'grid.depth': '[redacted]' })
    expect(parent?.name).toMatch(/^try [a-z]+-[a-z]+-\d+$/)
  })
})
