import type { CatalogRead, DatasetReference } from '@pipewright/engine/internal'
import { openLineage, startAdapter, type Adapter } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { spawnAdapter } from './adapter-process.ts'
import { expectEqual, type SeenPipelineRun } from './equality.ts'
import { HandMadeRun, handMadePlan, inlineValue } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const etl = {
  ...handMadePlan('etl', [{ name: 'clean', inputs: { raw: 'raw' }, outputs: { days: 'days' } }]),
  inputs: ['raw'],
}
const training = {
  ...handMadePlan('training', [
    { name: 'split', inputs: { days: 'days' }, outputs: { train: 'train', test: 'test' } },
    { name: 'fit[3]', inputs: { rows: 'train', same: 'train' }, outputs: { model: 'model' } },
    { name: 'evaluate', inputs: { model: 'model', test: 'test' } },
    { name: 'never', inputs: { model: 'model' } },
  ]),
  inputs: ['days'],
}

const raw: CatalogRead = {
  dataset: 'raw',
  path: '/data/01_raw/raw.csv',
  format: 'csv',
  bytes: 900,
  sha256: 'aaaaaaaaaaaaaaaabbbb',
  schema: [
    ['wind', 'double'],
    ['tags', 'array<string>?'],
  ],
  profile: { rows: 30, columns: 2, stats: { wind: { min: 1, max: 9, mean: 4.5 } } },
}
const days: DatasetReference = {
  dataset: 'days',
  format: 'csv',
  bytes: 5000,
  sha256: 'ddddddddddddddddeeee',
  uri: 'runs/r/clean@1@days.csv',
  profile: { rows: 20, columns: 2 },
}
const { uri: _uri, ...daysFile } = days
const daysRead: CatalogRead = { ...daysFile, path: '/data/02/days.csv' }

describe('data that go from a file through two runs to a model', () => {
  let ledger: TestLedger
  let adapter: Adapter
  let seen: { readonly etl: SeenPipelineRun; readonly training: SeenPipelineRun }
  let first: HandMadeRun
  let second: HandMadeRun

  beforeAll(async () => {
    ledger = await newLedger('lineage')
    adapter = await startAdapter({ ...ledger.options, storeUrl: 'file:///data/store' })
    first = new HandMadeRun(ledger.redis, ledger.prefix, etl)
    await first.submit()
    await first.end('clean', { reads: [raw] }, [days])
    await first.finish('succeeded')
    second = new HandMadeRun(ledger.redis, ledger.prefix, training)
    await second.submit()
    await second.end('split', { reads: [daysRead] }, [
      inlineValue('train', [1, 2]),
      inlineValue('test', [3]),
    ])
    await second.end('fit[3]', {}, [inlineValue('model', { weights: [1] })])
    await second.end('evaluate', { status: 'failed', error: { code: 'Error', message: 'no' } })
    const never = { attempt: 0, startedAt: 0, worker: '', status: 'skipped' as const }
    await second.end('never', never)
    await second.finish('failed')
    await drained(adapter)
    seen = {
      etl: await expectEqual(ledger.seen, first, 'FINISHED'),
      training: await expectEqual(ledger.seen, second, 'FAILED'),
    }
  }, MLFLOW_TIMEOUT_MS)
  afterAll(async () => {
    await adapter?.stop()
    await ledger?.close()
  })

  it('shows what a node read, with digest, schema, profile, source and what for', async () => {
    expect(await ledger.seen.inputs(seen.etl.nodes.get('clean')?.id ?? '')).toEqual([
      {
        name: 'raw',
        digest: 'aaaaaaaaaaaaaaaa',
        sourceType: 'local',
        source: { uri: '/data/01_raw/raw.csv' },
        schema: {
          mlflow_colspec: [
            { type: 'double', name: 'wind', required: true },
            { type: 'array', items: { type: 'string' }, name: 'tags', required: false },
          ],
        },
        profile: {
          num_rows: 30,
          num_elements: 60,
          num_bytes: 900,
          columns: { wind: { min: 1, max: 9, mean: 4.5 } },
        },
        tags: { 'mlflow.data.context': 'clean' },
      },
    ])
    expect(await ledger.seen.inputs(seen.training.nodes.get('fit[3]')?.id ?? '')).toEqual([
      expect.objectContaining({
        name: 'train',
        sourceType: 'code',
        tags: {
          'mlflow.data.context': 'fit',
          'pipewright.made_by': 'split',
          'pipewright.argument': 'rows, same',
        },
      }),
    ])
  })

  it('shows what a failed node read, and nothing of a node that never started', async () => {
    const evaluate = await ledger.seen.inputs(seen.training.nodes.get('evaluate')?.id ?? '')
    expect(evaluate.map(({ name }) => name)).toEqual(['model', 'test'])
    expect(await ledger.seen.inputs(seen.training.nodes.get('never')?.id ?? '')).toEqual([])
  })

  it('shows on the parent what its run read from the catalog', async () => {
    const [input, ...others] = await ledger.seen.inputs(seen.training.parent.id)
    expect(input).toMatchObject({
      name: 'days',
      digest: 'dddddddddddddddd',
      tags: { 'mlflow.data.context': 'training' },
    })
    expect(others).toEqual([])
  })

  it('can be walked from the model back to the file by the API of MLflow alone', async () => {
    const path: string[] = []
    let dataset = 'model'
    let digest = seen.training.nodes.get('fit[3]')?.tags['pipewright.output.model'] ?? ''
    for (;;) {
      const [maker] = await ledger.seen.search(
        `tags.\`pipewright.output.${dataset}\` = '${digest}'`,
      )
      if (maker === undefined) break
      const [input] = await ledger.seen.inputs(maker.id)
      path.push(`${maker.name} made ${dataset} from ${input?.name}`)
      dataset = input?.name ?? ''
      digest = input?.digest ?? ''
    }
    expect(path).toEqual([
      'fit[3] made model from train',
      'split made train from days',
      'clean made days from raw',
    ])
    const readers = await ledger.seen.search(
      `dataset.name = 'raw' AND dataset.digest = '${digest}'`,
    )
    expect(readers.map(({ name }) => name).toSorted()).toEqual(['clean', 'etl'])
  })

  it('is read back as it was', async () => {
    const { experiment, tracking } = ledger.options
    const { source, close } = openLineage({ uri: tracking.uri, experiment })
    expect(await source.newestWith('days', undefined)).toBe(second.id)
    expect(await source.newestWith('raw', 'aaaa')).toBe(first.id)
    expect(await source.newestWith('raw', 'bbbb')).toBeUndefined()
    expect(await source.makersOf('days', 'dddddddddddddddd')).toEqual([first.id])
    expect(await source.readersOf('days', 'dddddddddddddddd', 10)).toEqual([second.id])
    const run = await source.run(second.id)
    expect(run).toMatchObject({
      run: second.id,
      pipeline: 'training',
      status: 'failed',
      createdAt: second.createdAt,
    })
    expect(run?.nodes.find(({ node }) => node === 'split')).toMatchObject({
      status: 'succeeded',
      inputs: [{ dataset: 'days', rows: 20, place: '/data/02/days.csv' }],
      outputs: [
        { dataset: 'test', bytes: 3 },
        { dataset: 'train', bytes: 5 },
      ],
    })
    expect(await source.run('nobody')).toBeUndefined()
    close()
  })
})

describe('an adapter that is killed while it records inputs', () => {
  it(
    'leaves it to the next one to record each of them, once',
    async () => {
      const ledger = await newLedger('lineage-kills')
      const runs: HandMadeRun[] = []
      for (const point of ['adapter.logging:4', 'adapter.ending:2']) {
        const run = new HandMadeRun(ledger.redis, ledger.prefix, training)
        runs.push(run)
        await run.submit()
        await run.end('split', { reads: [daysRead] }, [
          inlineValue('train', [run.id]),
          inlineValue('test', [3]),
        ])
        await run.end('fit[3]', {}, [inlineValue('model', { weights: [1] })])
        await run.end('evaluate')
        await run.end('never')
        await run.finish('succeeded')
        const killed = await spawnAdapter(ledger, { crashPoints: `${point}=kill` })
        expect([point, await killed.ended]).toEqual([point, 'SIGKILL'])
      }
      const last = await startAdapter(ledger.options)
      await drained(last)
      await last.stop()
      for (const run of runs) {
        const { nodes, parent } = await expectEqual(ledger.seen, run, 'FINISHED')
        const read = await Promise.all(
          [...nodes].map(async ([node, { id }]) => {
            const inputs = await ledger.seen.inputs(id)
            return [node, inputs.map(({ name }) => name)] as const
          }),
        )
        expect(Object.fromEntries(read)).toEqual({
          split: ['days'],
          'fit[3]': ['train'],
          evaluate: ['model', 'test'],
          never: ['model'],
        })
        expect(await ledger.seen.inputs(parent.id)).toHaveLength(1)
      }
      await ledger.close()
    },
    MLFLOW_TIMEOUT_MS,
  )
})

/** Records a run of one node that reads a file, and counts the calls. */
async function callsOf(enabled: boolean): Promise<number> {
  const ledger = await newLedger(`lineage-${enabled}`)
  const run = new HandMadeRun(ledger.redis, ledger.prefix, etl)
  await run.submit()
  await run.end('clean', { reads: [raw] }, [days])
  await run.finish('succeeded')
  const adapter = await startAdapter({ ...ledger.options, settings: { lineage: { enabled } } })
  await drained(adapter)
  const { calls } = await adapter.status()
  await adapter.stop()
  const { nodes } = await expectEqual(ledger.seen, run, 'FINISHED')
  expect(nodes.get('clean')?.tags['pipewright.output.days']).toBe(
    enabled ? 'dddddddddddddddd' : undefined,
  )
  await ledger.close()
  return calls
}

describe('a run whose nodes have no runs of their own', () => {
  it(
    'has a parent that tells what was read and made',
    async () => {
      const ledger = await newLedger('lineage-parent')
      const run = new HandMadeRun(ledger.redis, ledger.prefix, etl)
      await run.submit()
      await run.end('clean', { reads: [raw] }, [days])
      await run.finish('succeeded')
      const adapter = await startAdapter({ ...ledger.options, settings: { nodeRuns: 'none' } })
      await drained(adapter)
      await adapter.stop()
      const { experiment, tracking } = ledger.options
      const { source, close } = openLineage({ uri: tracking.uri, experiment })
      expect(await source.makersOf('days', 'dddddddddddddddd')).toEqual([run.id])
      expect((await source.run(run.id))?.nodes).toEqual([
        expect.objectContaining({
          node: 'etl',
          inputs: [expect.objectContaining({ dataset: 'raw', madeBy: undefined })],
          outputs: [expect.objectContaining({ dataset: 'days', digest: 'dddddddddddddddd' })],
        }),
      ])
      close()
      await ledger.close()
    },
    MLFLOW_TIMEOUT_MS,
  )
})

describe('the cost of lineage', () => {
  it(
    'is one call for each node that read something, and one for its run',
    async () => {
      expect((await callsOf(true)) - (await callsOf(false))).toBe(2)
    },
    MLFLOW_TIMEOUT_MS,
  )
})

describe('many inputs', () => {
  it(
    'are recorded up to the limit, and the rest is counted',
    async () => {
      const ledger = await newLedger('many-inputs')
      const made = Array.from({ length: 30 }, (_, at) => `part-${at}`)
      const plan = handMadePlan('join', [
        ...made.map((name) => ({ name: `make-${name}`, outputs: { [name]: name } })),
        { name: 'join', inputs: Object.fromEntries(made.map((name) => [name, name])) },
      ])
      const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
      await run.submit()
      for (const name of made) await run.end(`make-${name}`, {}, [inlineValue(name, name)])
      await run.end('join')
      await run.finish('succeeded')
      const adapter = await startAdapter({
        ...ledger.options,
        settings: { lineage: { maxInputs: 20 } },
      })
      await drained(adapter)
      await adapter.stop()
      const join = (await expectEqual(ledger.seen, run, 'FINISHED')).nodes.get('join')
      expect(await ledger.seen.inputs(join?.id ?? '')).toHaveLength(20)
      expect(join?.tags['pipewright.inputs.left_out']).toBe('10')
      await ledger.close()
    },
    MLFLOW_TIMEOUT_MS,
  )

  it(
    'of one dataset at the same moment are all recorded, though MLflow refuses all but one',
    async () => {
      const readers = Array.from({ length: 12 }, (_, at) => `read-${at}`)
      const plan = handMadePlan('fan', [
        { name: 'make', outputs: { days: 'days' } },
        ...readers.map((name) => ({ name, inputs: { days: 'days' } })),
      ])
      // two ledgers that know nothing of each other, recorded in one experiment
      const ledgers = await Promise.all([newLedger('fan-one'), newLedger('fan-two')])
      const experiment = ledgers[0]?.options.experiment ?? ''
      const warnings: string[] = []
      const warn = (_: unknown, message: string): unknown => warnings.push(message)
      const log = { info: () => undefined, warn, error: warn }
      const record = async ({ options, redis, prefix }: TestLedger): Promise<string> => {
        const run = new HandMadeRun(redis, prefix, plan)
        await run.submit()
        await run.end('make', {}, [inlineValue('days', [1])])
        for (const name of readers) await run.end(name)
        await run.finish('succeeded')
        const adapter = await startAdapter({ ...options, experiment, log })
        await drained(adapter)
        await adapter.stop()
        return run.id
      }
      const runs = await Promise.all(ledgers.map(record))
      const seen = ledgers[0]?.seen
      for (const run of runs) {
        const reading = await seen?.search(
          `tags.\`pipewright.run\` = '${run}' AND dataset.name = 'days'`,
        )
        expect(reading?.map(({ name }) => name).toSorted()).toEqual(readers.toSorted())
      }
      expect(warnings).toEqual([])
      for (const ledger of ledgers) await ledger.close()
    },
    MLFLOW_TIMEOUT_MS,
  )
})
