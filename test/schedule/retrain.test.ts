import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { expect, it } from 'vitest'
import * as z from 'zod'

import { jsonLines, testProject } from '../cli/test-project.ts'
import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'

const weather = join(import.meta.dirname, '../../examples/weather')
/** It trains 36 models: a minute of two cores, so only where it is asked for. */
const isAsked = process.env['PIPEWRIGHT_TEST_RETRAIN'] === '1'

const ends = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].map(
  (day, month) => `2015-${String(month + 1).padStart(2, '0')}-${day}`,
)

const Found = z.object({
  runs: z.array(z.object({ info: z.object({ run_id: z.string(), run_name: z.string() }) })),
})
const Listed = z.object({ files: z.array(z.object({ path: z.string() })) })

async function ask<T>(schema: z.ZodType<T>, uri: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${uri}/api/2.0/mlflow/${path}`, {
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  return schema.parse(await response.json())
}

it.skipIf(!isAsked)(
  'npm run retrain makes twelve parents, and the last has the chart of them all',
  async () => {
    const { uri } = await mlflow()
    const project = await testProject(weather, join(weather, 'node_modules'))
    const experiment = `retrain-${process.pid}`
    execFileSync(process.execPath, ['begin-history.ts'], { cwd: project.root })
    await project.write('data/08_reporting/retrainings.json', '[]')
    const { scripts } = z
      .object({ scripts: z.object({ retrain: z.string() }) })
      .parse(JSON.parse(await project.read('package.json')))
    const [, words = ''] = scripts.retrain.split('&& pipewright ')
    const environment = { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: experiment }
    const ended = await project.start([...words.split(' '), '--json'], environment).ended
    const slots = jsonLines(ended.stdout).filter((line) => line['type'] === 'slot')
    expect(slots.map((line) => line['status'])).toEqual(Array(12).fill('succeeded'))

    const history = z
      .array(z.object({ asOf: z.string() }))
      .parse(JSON.parse(await project.read('data/08_reporting/retrainings.json')))
    expect(history.map(({ asOf }) => asOf)).toEqual(ends)

    const { experiment_id: id } = (
      await ask(
        z.object({ experiment: z.object({ experiment_id: z.string() }) }),
        uri,
        `experiments/get-by-name?experiment_name=${experiment}`,
      )
    ).experiment
    const search = async (filter: string): Promise<z.infer<typeof Found>['runs']> => {
      const order_by = ['attributes.start_time ASC']
      const body = { experiment_ids: [id], filter, order_by, max_results: 100 }
      return (await ask(Found, uri, 'runs/search', body)).runs
    }
    const parents = await search("tags.`pipewright.kind` = 'pipeline'")
    expect(parents.map(({ info }) => info.run_name)).toEqual(ends.map((end) => `retraining ${end}`))
    const charts = await search("tags.`pipewright.node` = 'compare_months'")
    const { files } = await ask(
      Listed,
      uri,
      `artifacts/list?run_id=${charts.at(-1)?.info.run_id ?? ''}`,
    )
    expect(files.map(({ path }) => path)).toContain('retraining_plot.svg')
    await project.dispose()
  },
  3 * MLFLOW_TIMEOUT_MS,
)
