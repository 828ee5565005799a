import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { dataset, defineProject, node, pipeline } from '@pipewright/engine'
import { connect } from '@pipewright/engine/client'
import {
  DatasetStore,
  loadConfig,
  openMlflowSource,
  openStorage,
} from '@pipewright/engine/internal'
import { unpackFiles } from '@pipewright/engine/model'
import { settingsOf, startAdapter } from '@pipewright/mlflow-adapter'
import { openIsolates, startWorkerOn } from '@pipewright/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'
import type { SeenRun } from './tracking-server.ts'

const f1 = dataset('f1', z.number())
const loss = dataset('loss', z.array(z.number()))
const scores = dataset('scores', z.record(z.string(), z.unknown()))
const card = dataset('card', z.string())
const seen = dataset('seen', z.number())
const anything = z.unknown()

const evaluate = node({
  name: 'evaluate',
  inputs: {},
  outputs: { f1, loss, scores, card },
  run: () => ({
    f1: 0.75,
    loss: [0.9, 0.5, 0.25],
    scores: {
      recall: { value: 0.8, step: 0 },
      area: [
        { value: 0.6, step: 1 },
        { value: 0.7, step: 2 },
      ],
    },
    card: '# A card',
  }),
})
const read = node({
  name: 'read',
  inputs: { f1 },
  outputs: { seen },
  run: ({ f1 }) => ({ seen: f1 }),
})
const training = pipeline('training', [evaluate, read], { metrics: ['evaluate.f1'] })

const written = `
f1: { type: kedro_mlflow.io.metrics.MlflowMetricDataset }
loss: { type: kedro_mlflow.io.metrics.MlflowMetricHistoryDataset, key: train_loss }
scores: { type: kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset, prefix: test }
card:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  artifact_path: reports
  dataset: { type: text.TextDataset, filepath: data/card.txt }
`

/** A project with this catalog. */
async function projectOf(catalog: string, uri: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'pipewright-mlflow-datasets-'))
  await mkdir(join(root, 'conf/base'), { recursive: true })
  await writeFile(join(root, 'conf/base/catalog.yml'), catalog)
  await writeFile(join(root, 'conf/base/mlflow.yml'), `server: { mlflow_tracking_uri: '${uri}' }\n`)
  roots.push(root)
  return root
}

async function storeOf(root: string): Promise<DatasetStore> {
  const config = await loadConfig({ root, environment: {} })
  const storage = openStorage('store', root)
  return new DatasetStore({
    catalog: config.catalog,
    root,
    storage,
    mlflow: openMlflowSource(config),
  })
}

const roots: string[] = []
let ledger: TestLedger
let uri: string
let runs: readonly SeenRun[]

beforeAll(async () => {
  ledger = await newLedger('mlflow-datasets')
  uri = ledger.options.tracking.uri
  const root = await projectOf(written, uri)
  const config = await loadConfig({ root })
  const { redis, prefix } = ledger.options
  const store = await storeOf(root)
  const project = defineProject({ pipelines: [training] })
  const opened = openIsolates({ root }, { loaded: { project, store } })
  // The nodes are this file's, so none can run in a process of its own.
  const isolates = { of: () => opened.of('inline'), close: async () => opened.close() }
  const worker = await startWorkerOn({ redis, prefix, log: 'silent', isolates, store })
  const client = await connect({ redis, prefix })
  const adapter = await startAdapter({
    ...ledger.options,
    settings: settingsOf(config.mlflow, config.catalog),
  })
  const handle = await client.enqueue(training)
  const { status } = await handle.wait({ timeout: 30_000 })
  await drained(adapter)
  await Promise.all([worker.stop({ grace: 0 }), adapter.stop(), client.close()])
  if (status !== 'succeeded') throw new Error(`The run ended as ${status}.`)
  runs = await ledger.seen.runs()
}, MLFLOW_TIMEOUT_MS)

afterAll(async () => {
  await ledger?.close()
  await Promise.all(roots.map(async (root) => rm(root, { recursive: true })))
})

function runOf(name: string): SeenRun {
  const found = runs.find((run) => run.name === name)
  if (found === undefined) throw new Error(`There is no run ${name}.`)
  return found
}

/** Loads a dataset whose entry is this, as a node of another run would. */
async function load(name: string, entry: string): Promise<unknown> {
  const store = await storeOf(await projectOf(`${name}: ${entry}\n`, uri))
  return store.loadFromCatalog(dataset(name, anything))
}

describe('a metric dataset', () => {
  it('becomes a metric of the node run that makes it, and of the parent', async () => {
    const { metrics, id } = runOf('evaluate')
    expect(metrics).toMatchObject({
      f1: 0.75,
      train_loss: 0.25,
      'test.recall': 0.8,
      'test.area': 0.7,
    })
    const history = await ledger.seen.history(id, 'train_loss')
    expect(history.map(([value, step]) => [value, step])).toEqual([
      [0.9, 0],
      [0.5, 1],
      [0.25, 2],
    ])
    expect(runOf('training').metrics).toMatchObject({ 'evaluate.f1': 0.75, f1: 0.75 })
  })

  it('is read from a run of MLflow', async () => {
    const run = runOf('evaluate').id
    await expect(load('f1', `{ type: metric, run_id: ${run} }`)).resolves.toBe(0.75)
    await expect(
      load('old', `{ type: metric, key: train_loss, run_id: ${run}, load_args: { step: 1 } }`),
    ).resolves.toBe(0.5)
    await expect(
      load('train_loss', `{ type: history, run_id: ${run}, load_args: { mode: dict } }`),
    ).resolves.toEqual({ 0: 0.9, 1: 0.5, 2: 0.25 })
    await expect(load('test', `{ type: metrics, prefix: test, run_id: ${run} }`)).resolves.toEqual({
      recall: { value: 0.8, step: 0 },
      area: [
        { value: 0.6, step: 1 },
        { value: 0.7, step: 2 },
      ],
    })
  })

  it('that is not there names run and key', async () => {
    const run = runOf('evaluate').id
    await expect(load('f2', `{ type: metric, run_id: ${run} }`)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: `Dataset 'f2' is not at runs:/${run}/metrics/f2 in MLflow.`,
    })
  })
})

describe('an artifact dataset', () => {
  it('is an artifact in its folder, and is read from there', async () => {
    const run = runOf('evaluate').id
    await expect(ledger.seen.artifact(run, 'reports/card.txt')).resolves.toBe('# A card')
    const type = 'kedro_mlflow.io.artifacts.MlflowArtifactDataset'
    const inner = '{ type: text, filepath: elsewhere/card.txt }'
    await expect(
      load('card', `{ type: ${type}, artifact_path: reports, run_id: ${run}, dataset: ${inner} }`),
    ).resolves.toBe('# A card')
  })
})

describe('a dataset that is read from MLflow', () => {
  it('is made by no node', async () => {
    const store = await storeOf(await projectOf('f1: { type: metric, run_id: 4f0c }', uri))
    const place = { runId: 'r', node: 'evaluate', attempt: 1 }
    await expect(store.save(f1, 0.5, place)).rejects.toMatchObject({ code: 'DATASET_READ_ONLY' })
  })

  it('is not looked for before it is read, and its run must be named', async () => {
    const root = await projectOf('f1: { type: metric, run_id: 4f0c }\nf2: { type: metric }', uri)
    const missing = await (await storeOf(root)).missing(['f1', 'f2'])
    expect(missing).toEqual([{ dataset: 'f2', path: "a run_id of 'f2' in catalog.yml" }])
  })
})

describe('a model of the registry', () => {
  it('is read with all its files, by version, alias, newest version and run', async () => {
    const { id: run } = runOf('evaluate')
    const name = `reviews-${run.slice(0, 8)}`
    const experiment = (await post('runs/get', { run_id: run }, 'GET')) as {
      run: { info: { experiment_id: string } }
    }
    const folder = `${experiment.run.info.experiment_id}/${run}/artifacts/packed`
    for (const path of ['MLmodel', 'code/model one.mjs']) {
      const address = `${folder}/${path}`.split('/').map(encodeURIComponent).join('/')
      await fetch(`${uri}/api/2.0/mlflow-artifacts/artifacts/${address}`, {
        method: 'PUT',
        body: path,
      })
    }
    await post('registered-models/create', { name })
    await post('model-versions/create', { name, source: `runs:/${run}/packed`, run_id: run })
    await post('registered-models/alias', { name, alias: 'champion', version: '1' })
    const registry = 'type: kedro_mlflow.io.models.MlflowModelRegistryDataset'
    const tracked = 'type: kedro_mlflow.io.models.MlflowModelTrackingDataset'
    for (const entry of [
      `{ ${registry}, model_name: ${name}, alias: champion }`,
      `{ ${registry}, model_name: ${name}, stage_or_version: 1 }`,
      `{ ${registry}, model_name: ${name} }`,
      `{ ${tracked}, load_args: { model_uri: 'runs:/${run}/packed' } }`,
    ]) {
      const files = await unpackFiles((await load('model', entry)) as Uint8Array)
      expect([...files].map(([path, content]) => [path, Buffer.from(content).toString()])).toEqual([
        ['MLmodel', 'MLmodel'],
        ['code/model one.mjs', 'code/model one.mjs'],
      ])
    }
    await expect(load('model', `{ ${registry}, model_name: none-${name} }`)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    })
  })
})

async function post(path: string, body: Record<string, string>, method = 'POST'): Promise<unknown> {
  const url = `${uri}/api/2.0/mlflow/${path}`
  const answer =
    method === 'GET'
      ? await fetch(`${url}?${new URLSearchParams(body).toString()}`)
      : await fetch(url, {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}
