import { afterAll, beforeAll, expect, test } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { removePrefix, sharedRedisUrl } from '../support/redis.ts'
import { jsonLines, testProject, type Ended, type TestProject } from './test-project.ts'

let project: TestProject
let environment: NodeJS.ProcessEnv
let runId: string

beforeAll(async () => {
  project = await testProject()
  const { uri } = await mlflow()
  environment = { MLFLOW_TRACKING_URI: uri, MLFLOW_EXPERIMENT_NAME: project.prefix }
  const { stdout } = await project.start(['run', 'training', '--json'], environment).ended
  runId = String(jsonLines(stdout).at(-1)?.['runId'])
}, MLFLOW_TIMEOUT_MS)
afterAll(() => project.dispose())

function lineage(...args: readonly string[]): Promise<Ended> {
  return project.start(['lineage', ...args], environment).ended
}

/** Where it starts, and its edges in one order. */
function shapeOf({ stdout }: Ended): unknown {
  const [found] = jsonLines(stdout)
  const edges = found?.['edges']
  const texts = Array.isArray(edges) ? edges.map((edge) => JSON.stringify(edge)) : []
  return { start: found?.['start'], edges: texts.toSorted() }
}

test('a dataset is traced back to the file that was read, by the ledger alone', async () => {
  const { stdout, exitCode } = await lineage('error', '--no-mlflow')
  expect(exitCode).toBe(0)
  const lines = stdout.trimEnd().split('\n')
  const [head] = lines
  expect(head).toMatch(/^error {2}json {2}\d+ bytes {2}[0-9a-f]{16}$/)
  expect(lines.map((line) => line.replace(/(?<=\w) {2}.*$/, ''))).toEqual([
    'error',
    'made from',
    '└─ evaluate',
    '   ├─ model',
    '   │  └─ train',
    '   │     └─ numbers',
    '   └─ numbers',
  ])
  expect(lines[6]).toContain('csv  3 rows  data/numbers.csv')
  expect(lines[2]).toContain(`training ${runId}`)
})

test('runs that the ledger no longer keeps are traced through MLflow, to the same graph', async () => {
  const kept = await lineage('numbers', '--json')
  await removePrefix(sharedRedisUrl(), project.prefix)
  const recorded = await lineage('numbers', '--json')
  expect(shapeOf(recorded)).toEqual(shapeOf(kept))
  expect(jsonLines(kept.stdout)[0]?.['edges']).toHaveLength(5)
  const { stdout } = await lineage('model', '--format', 'mermaid')
  expect(stdout).toContain(`subgraph r0["training ${runId}"]`)
})

test('what no run read or made is refused with a usage error', async () => {
  const { stderr, exitCode } = await lineage('nothing')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('LINEAGE_NOT_FOUND')
})
