import { join } from 'node:path'

import { runPipeline } from '@pipewright/engine/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { predictions } from '../../examples/reviews/datasets.ts'
import { inference } from '../../examples/reviews/pipelines/training.ts'
import { readCorpus } from '../../examples/reviews/real-corpus.ts'
import { SeenServer, type SeenRun } from '../adapter/tracking-server.ts'
import { jsonLines, testProject, type Running, type TestProject } from '../cli/test-project.ts'
import { root } from '../source-file.ts'
import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'

const example = join(root, 'examples', 'reviews')
const experiment = 'reviews-in-tests'

let project: TestProject
let server: SeenServer
let runs: readonly SeenRun[]
let tracking: NodeJS.ProcessEnv

beforeAll(async () => {
  const { uri } = await mlflow()
  server = new SeenServer(uri, experiment)
  tracking = { MLFLOW_TRACKING_URI: uri }
  project = await testProject(example, join(example, 'node_modules'))
  const settings = await project.read('conf/base/mlflow.yml')
  await project.write(
    'conf/base/mlflow.yml',
    settings.replace('name: reviews', `name: ${experiment}`),
  )
  await run('etl')
  await run('training')
  runs = await server.runs()
}, MLFLOW_TIMEOUT_MS)
afterAll(() => project.dispose())

/** Runs a pipeline of the example to its end, and MLflow's record of it too. */
async function run(pipeline: string): Promise<void> {
  const { stdout, stderr } = await project.start(['run', pipeline, '--json'], tracking).ended
  const { status, mlflow } = jsonLines(stdout).at(-1) ?? {}
  if (status !== 'succeeded' || mlflow === null) throw new Error(`${stdout}\n${stderr}`)
}

/** The run of a pipeline, or of a node. */
function named(name: string): SeenRun {
  const run = runs.find((each) => each.name === name)
  if (run === undefined)
    throw new Error(`no run "${name}" in ${runs.map(({ name }) => name).join()}`)
  return run
}

test('the ETL and the training are two runs, their fifteen nodes nested below', () => {
  const below = (parent: SeenRun) =>
    runs.filter(({ tags }) => tags['mlflow.parentRunId'] === parent.id)
  expect([below(named('etl')).length, below(named('training')).length]).toEqual([2, 13])
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['FINISHED']))
})

test('the parent shows the score under its bare name and the params that made it', () => {
  const { metrics, params } = named('training')
  expect(metrics['f1']).toBeGreaterThan(0.85)
  expect(metrics['f1']).toBe(metrics['evaluate.f1'])
  expect(params).toMatchObject({ seed: '7', 'train.patience': '5', 'fit_vocabulary.size': '2000' })
})

test('four learning curves have a point for each epoch', async () => {
  const curves = ['training_loss', 'validation_loss', 'training_accuracy', 'validation_accuracy']
  const histories = await Promise.all(
    curves.map((curve) => server.history(named('train').id, curve)),
  )
  const [, ...rows] = (await project.read('data/08_reporting/learning-curve.csv'))
    .trim()
    .split('\n')
  expect(rows.length).toBeGreaterThan(10)
  for (const history of histories) {
    expect(history.map(([, step]) => step)).toEqual(rows.map((_, index) => index + 1))
  }
})

test('the plot is an artifact of the node that drew it', async () => {
  expect(await server.artifact(named('plot_training').id, 'learning_plot.svg')).toContain('<svg')
})

test('what the model is asked about is answered alike by a server and in process', async () => {
  const { stdout, exitCode } = await project.start(
    ['models', 'promote', 'section-finder', '--json'],
    tracking,
  ).ended
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('champion')])
  const { entries, stopwords } = readCorpus()
  const rows = entries.map(({ text }) => ({ text }))
  const artifacts = await Promise.all(
    ['vocabulary', 'classifier', 'sections'].map(async (name) => [
      name,
      JSON.parse(await project.read(`data/06_models/${name}.json`)),
    ]),
  )
  const inProcess = await runPipeline(inference, {
    inputs: { ...Object.fromEntries(artifacts), stopwords, instances: rows },
  })
  const server = project.start(
    ['models', 'serve', 'models:/section-finder@champion', '--port', '0', '--threads', '1'],
    tracking,
  )
  const url = await addressOf(server)
  const answer = await invoke(url, rows)
  expect(answer).toEqual({ status: 200, body: { predictions: inProcess.output(predictions) } })
  const wrong = await invoke(url, [{ text: 'A text.' }, { texts: 'Another.' }])
  expect(wrong).toMatchObject({
    status: 400,
    body: { message: expect.stringMatching(/row 1: at \/text/) },
  })
  server.child.kill('SIGTERM')
  expect((await server.ended).exitCode).toBe(0)
})

/** Where a server that was just started answers. */
async function addressOf(server: Running): Promise<string> {
  let told = ''
  server.child.stderr?.on('data', (text: string) => (told += text))
  await server.shows('/invocations')
  return /http:\S+\/invocations/.exec(told)?.[0] ?? ''
}

async function invoke(url: string, rows: readonly unknown[]) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: rows }),
  })
  return { status: answer.status, body: await answer.json() }
}
