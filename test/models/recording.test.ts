import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { observe } from '@pipewright/engine/internal'
import { openRegistry, startAdapter } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { spawnAdapter } from '../adapter/adapter-process.ts'
import { startFaultyProxy, type FaultyProxy } from '../adapter/faulty-proxy.ts'
import type { HandMadeRun } from '../adapter/hand-made-run.ts'
import { drained, newLedger, type TestLedger } from '../adapter/test-ledger.ts'
import type { SeenRun } from '../adapter/tracking-server.ts'
import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { packedModel, repacked } from './packed.ts'
import { modelPath, tellTraining } from './recorded-model.ts'
import { loggedModel, loggedModelsOf, runOutputs, versionsOf } from './registry.ts'

/** Parent, two nodes, the logged model and the version are created, in this order. */
const [modelCreated, versionCreated] = [4, 5]

let uri: string
let proxy: FaultyProxy
let ledger: TestLedger
let folder: string
let packed: Uint8Array
let name: string

beforeAll(async () => {
  uri = (await mlflow()).uri
  proxy = await startFaultyProxy(uri)
  ledger = await newLedger('models', { mlflow: proxy.uri })
  name = `sentiment-${ledger.options.experiment}`
  packed = await repacked(await packedModel(), { name })
  folder = await mkdtemp(join(tmpdir(), 'models-'))
  await mkdir(join(folder, 'runs'))
  await writeFile(join(folder, modelPath), packed)
}, MLFLOW_TIMEOUT_MS)

afterAll(async () => {
  await ledger.close()
  await proxy.down()
  await rm(folder, { recursive: true, force: true })
})

/** Records what the outbox tells, in this process. */
async function record(tar: Uint8Array = packed): Promise<void> {
  const adapter = await startAdapter({
    ...ledger.options,
    readStore: async (path) => (path === modelPath ? tar : undefined),
  })
  await drained(adapter)
  expect((await adapter.status()).deadLetters).toBe(0)
  await adapter.stop()
}

/** Asserts that MLflow has exactly one model and one version of a run, and gives them. */
async function expectOnce(run: HandMadeRun): Promise<{ model: string; version: string }> {
  const [model, ...doubles] = await loggedModelsOf(uri, ledger.options.experiment, run.id)
  expect(doubles).toEqual([])
  expect(model?.info.status).toBe('LOGGED_MODEL_READY')
  const made = (await versionsOf(uri, name)).filter(({ tags }) =>
    tags.some(({ key, value }) => key === 'pipewright.run' && value === run.id),
  )
  expect(made).toHaveLength(1)
  const id = model?.info.model_id ?? ''
  expect(made[0]?.source).toBe(`models:/${id}`)
  return { model: id, version: made[0]?.version ?? '' }
}

describe('a model that a run packed', () => {
  it('is a logged model of the node run and a version of the parent, with what was measured', async () => {
    const run = await tellTraining(ledger, packed)
    await record()
    const { model, version } = await expectOnce(run)
    const { info, data } = await loggedModel(uri, model)
    const node = await runOutputs(uri, info.source_run_id)
    expect(node.models).toEqual([model])
    expect(node.tags).toMatchObject({ 'pipewright.node': 'pack_sentiment' })
    expect(data?.params).toEqual([{ key: 'predict.threshold', value: '0' }])
    expect(Object.fromEntries((data?.metrics ?? []).map(({ key, value }) => [key, value]))).toEqual(
      {
        words: 9,
        'train.words': 9,
      },
    )
    const registry = openRegistry({ uri })
    const found = await registry.version(name, '@challenger')
    expect(found.version).toBe(version)
    expect((await runOutputs(uri, found.run)).tags).toMatchObject({
      'pipewright.kind': 'pipeline',
      'pipewright.run': run.id,
    })
    expect(found.tags).toMatchObject({
      'pipewright.node_run': info.source_run_id,
      'mlflow.source.git.commit': 'c0ffee',
    })
    expect(found.evaluation).toMatchObject({ metric: 'train.words', better: 'higher' })
    registry.close()
  })

  it('of a run that failed is not registered', async () => {
    const before = await versionsOf(uri, name)
    const run = await tellTraining(ledger, packed, { status: 'failed' })
    await record()
    expect(await loggedModelsOf(uri, ledger.options.experiment, run.id)).toHaveLength(1)
    expect(await versionsOf(uri, name)).toHaveLength(before.length)
  })

  it('is recorded once although answers are lost after the request was carried out', async () => {
    const cut = new Set<string>()
    proxy.decide = (call) => {
      const kind =
        /^(?:POST|PATCH) .*(?:logged-models|model-versions|runs\/outputs|registered-models)[^?]*/
          .exec(call)?.[0]
          .replace(/m-\w+/, '')
      if (kind === undefined || kind.includes('search') || cut.has(kind)) return 'pass'
      cut.add(kind)
      return 'cut'
    }
    const run = await tellTraining(ledger, packed)
    await record()
    proxy.decide = () => 'pass'
    await expectOnce(run)
    expect([...cut].map((call) => call.replace('/api/2.0/mlflow/', '')).toSorted()).toEqual([
      'PATCH logged-models/',
      'POST logged-models',
      'POST model-versions/create',
      'POST registered-models/alias',
      'POST registered-models/create',
      'POST runs/outputs',
    ])
  })

  it('is recorded once although the adapter is killed when it has just been created', async () => {
    const runs: HandMadeRun[] = []
    for (const passage of [modelCreated, versionCreated]) {
      runs.push(await tellTraining(ledger, packed))
      const crashPoints = `adapter.created:${passage}=kill`
      const adapter = await spawnAdapter(ledger, { crashPoints, store: folder })
      expect(await adapter.ended).toBe('SIGKILL')
    }
    const observer = observe({ ...ledger.options, prefix: ledger.prefix, group: 'mlflow' })
    const position = await observer.outbox.position()
    const last = await spawnAdapter(ledger, { store: folder })
    await expect.poll(() => observer.outbox.reached(position), { timeout: 60_000 }).toBe(true)
    await last.end('SIGTERM')
    expect(await observer.outbox.deadLetters()).toBe(0)
    observer.close()
    for (const run of runs) await expectOnce(run)
  }, 60_000)

  it('is left out by a server that knows no models, and nothing else', async () => {
    const page = { status: 404, body: '<!doctype html><title>404 Not Found</title>' }
    proxy.decide = (call) => (call.includes('logged-models') ? page : 'pass')
    const run = await tellTraining(ledger, packed)
    await record()
    proxy.decide = () => 'pass'
    const found = await ledger.seen.runs()
    const of = (key: string): SeenRun | undefined =>
      found.find(({ tags }) => tags['pipewright.key'] === key)
    expect(of(run.id)?.status).toBe('FINISHED')
    expect(of(`${run.id}/pack_sentiment/1`)?.tags['pipewright.model.sentiment_model']).toContain(
      'not recorded: This MLflow has no logged models',
    )
  })

  it('that cannot be read keeps nothing else from being recorded', async () => {
    const run = await tellTraining(ledger, packed)
    await record(packed.subarray(0, 2000))
    expect(await loggedModelsOf(uri, ledger.options.experiment, run.id)).toEqual([])
    const parent = (await ledger.seen.runs()).find(({ tags }) => tags['pipewright.key'] === run.id)
    expect(parent?.status).toBe('FINISHED')
  })
})
