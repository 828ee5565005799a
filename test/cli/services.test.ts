import { basename } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
let uri: string
beforeAll(async () => {
  project = await testProject()
  uri = (await mlflow()).uri
}, MLFLOW_TIMEOUT_MS)
afterAll(() => project.dispose())

const Summary = z.object({
  type: z.literal('summary'),
  mlflow: z.object({ runId: z.string(), url: z.string() }),
})
const Found = z.object({ experiment: z.object({ experiment_id: z.string() }) })
const Page = z.object({
  runs: z.array(z.object({ info: z.object({ status: z.string() }) })).default([]),
})
const Answer = z.object({ run: z.object({ info: z.object({ status: z.string() }) }) })

test('a run is recorded when the command ends, and the summary links to it', async () => {
  const environment = { MLFLOW_TRACKING_URI: uri }
  const { stdout, exitCode } = await project.start(['run', 'training', '--json'], environment).ended
  expect(exitCode).toBe(0)
  const { mlflow } = Summary.parse(jsonLines(stdout).at(-1))
  expect(mlflow.url).toBe(
    `${uri}/#/experiments/${mlflow.url.split('/').at(-3)}/runs/${mlflow.runId}`,
  )
  const answer = await fetch(`${uri}/api/2.0/mlflow/runs/get?run_id=${mlflow.runId}`)
  expect(Answer.parse(await answer.json()).run.info.status).toBe('FINISHED')
})

test('the adapter records what was run without it, and stops on SIGTERM with 0', async () => {
  const { stdout } = await project.pipewright('run', 'flaky', '--no-mlflow', '--json')
  const runId = String(jsonLines(stdout).at(-1)?.['runId'])
  const adapter = project.start(['adapter'], { MLFLOW_TRACKING_URI: uri })
  await adapter.shows('adapter records runs of')
  await expect.poll(() => recordedStatus(runId), { timeout: 30_000 }).toBe('FINISHED')
  adapter.child.kill('SIGTERM')
  expect((await adapter.ended).exitCode).toBe(0)
})

/** Status of the MLflow run of a run, in the experiment that is named as the project's folder. */
async function recordedStatus(runId: string): Promise<string | undefined> {
  const name = encodeURIComponent(basename(project.root))
  const found = await fetch(`${uri}/api/2.0/mlflow/experiments/get-by-name?experiment_name=${name}`)
  const { experiment } = Found.parse(await found.json())
  const answer = await fetch(`${uri}/api/2.0/mlflow/runs/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      experiment_ids: [experiment.experiment_id],
      filter: `tags.\`pipewright.run\` = '${runId}' AND tags.\`pipewright.kind\` = 'pipeline'`,
    }),
  })
  return Page.parse(await answer.json()).runs[0]?.info.status
}

test('dev serves what is enqueued from elsewhere, and stops on Ctrl-C with 0', async () => {
  const dev = project.start(['dev', '--no-mlflow'])
  await dev.shows('Enqueue runs from another terminal')
  const { stdout } = await project.pipewright('enqueue', 'training')
  const followed = await project.pipewright('runs', 'show', stdout.trim(), '--follow')
  expect(followed.stdout).toContain('✔ evaluate succeeded')
  dev.child.kill('SIGINT')
  expect((await dev.ended).exitCode).toBe(0)
})
