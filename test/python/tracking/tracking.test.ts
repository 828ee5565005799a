import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'

import { testProject } from '../../cli/test-project.ts'
import { mlflow, MLFLOW_TIMEOUT_MS } from '../../support/mlflow.ts'
import { tablePython } from '../table-python.ts'

const Found = z.object({
  runs: z.array(
    z.object({
      info: z.object({ status: z.string(), run_name: z.string() }),
      data: z.object({
        metrics: z.array(z.object({ key: z.string(), value: z.number() })).default([]),
        params: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
        tags: z.array(z.object({ key: z.string(), value: z.string() })),
      }),
    }),
  ),
})

/** The import of MLflow takes Python seconds, so this is for those who change it. */
const skip = process.env['PIPEWRIGHT_TEST_TRACKING'] === undefined
let uri: string
beforeAll(async () => {
  if (!skip) ({ uri } = await mlflow())
}, MLFLOW_TIMEOUT_MS)

/** All runs of an experiment. */
async function runsOf(experiment: string): Promise<z.infer<typeof Found>['runs']> {
  const api = `${uri}/api/2.0/mlflow`
  const named = await fetch(`${api}/experiments/get-by-name?experiment_name=${experiment}`)
  const { experiment: found } = z
    .object({ experiment: z.object({ experiment_id: z.string() }) })
    .parse(await named.json())
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ experiment_ids: [found.experiment_id] })
  const answer = await fetch(`${api}/runs/search`, { method: 'POST', headers, body })
  return Found.parse(await answer.json()).runs
}

describe('a function that logs to MLflow by itself', { skip }, () => {
  it('writes into the nested run of its node, and opens none of its own', async () => {
    const project = await testProject(import.meta.dirname)
    onTestFinished(async () => project.dispose())
    const experiment = `python-tracking-${project.prefix.replaceAll(/\W/g, '-')}`
    await project.write(
      'conf/base/mlflow.yml',
      `tracking: { experiment: { name: ${experiment} } }\n`,
    )
    const environment = { MLFLOW_TRACKING_URI: uri, TABLE_PYTHON: await tablePython() }
    const { exitCode, stdout, stderr } = await project.start(['run', 'tracking'], environment).ended
    expect(`${stdout}${stderr}`).toContain('succeeded')
    expect(exitCode).toBe(0)

    const runs = await runsOf(experiment)
    expect(runs.map(({ info }) => info.run_name).toSorted()).toEqual(['logs', 'tracking'])
    const logs = runs.find(({ info }) => info.run_name === 'logs')
    expect(logs?.info.status).toBe('FINISHED')
    expect(logs?.data.params).toContainEqual({ key: 'optimizer', value: 'lbfgs' })
    const metrics = Object.fromEntries(
      logs?.data.metrics.map(({ key, value }) => [key, value]) ?? [],
    )
    expect(metrics).toMatchObject({ loss: 0.25, epochs: 4 })
    expect(logs?.data.tags).toContainEqual({ key: 'stage', value: 'fitted' })
  }, 180_000)
})
