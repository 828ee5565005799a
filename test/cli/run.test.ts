import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
beforeAll(async () => {
  project = await testProject()
})
afterAll(() => project.dispose())

test('without a terminal a run prints one line a transition, the metrics and exits with 0', async () => {
  const { stdout, exitCode } = await project.pipewright('run', 'training', '--no-mlflow')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^\S+ run \w{26} of training: 2 nodes$/m)
  expect(stdout.match(/✔ train succeeded/g)).toHaveLength(1)
  expect(stdout.match(/✔ evaluate succeeded/g)).toHaveLength(1)
  expect(stdout).toMatch(/evaluate\.error +0\.\d+/)
  expect(stdout).not.toContain('\u001b')
  expect(JSON.parse(await readFile(join(project.root, 'data/error.json'), 'utf8'))).toBeLessThan(1)
})

test('--json prints events, and a summary as the last object', async () => {
  const { stdout, exitCode } = await project.pipewright('run', 'training', '--json', '--no-mlflow')
  expect(exitCode).toBe(0)
  const lines = jsonLines(stdout)
  expect(lines[0]).toMatchObject({ type: 'run_created', pipeline: 'training', total: 2 })
  const finished = lines.filter(({ type }) => type === 'node_finished')
  expect(finished.map(({ node }) => node)).toEqual(['train', 'evaluate'])
  expect(lines.at(-1)).toEqual({
    type: 'summary',
    runId: expect.stringMatching(/^\w{26}$/),
    pipeline: 'training',
    status: 'succeeded',
    durationMs: expect.any(Number),
    nodes: ['train', 'evaluate'].map((name) => ({
      name,
      status: 'succeeded',
      attempts: 1,
      durationMs: expect.any(Number),
    })),
    mlflow: null,
  })
})

test('--json keeps standard output free of what nodes print', async () => {
  const { stdout, stderr } = await project.pipewright('run', 'chatty', '--json', '--no-mlflow')
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', status: 'succeeded' })
  expect(stdout).not.toContain('by the node')
  expect(stderr).toContain('speak: said by the node')
  expect(stderr).toContain('speak: warned by the node')
})

test('a failed run exits with 1 and says which node, why, and what to type next', async () => {
  const { stdout, stderr, exitCode } = await project.pipewright('run', 'failing', '--no-mlflow')
  expect(exitCode).toBe(1)
  expect(stdout).toContain('✖ failing failed')
  expect(stdout).toContain('✔ independent succeeded')
  expect(stdout).toContain('skipped skipped')
  expect(stderr).toContain('fail failed: RangeError: no such thing')
  expect(stderr).toMatch(/pipewright runs show \w{26}/)
  expect(stderr).toContain('pipewright resume ')
  expect(stderr).not.toMatch(/^ +at /m)
})

test('--verbose shows the stack of a failed node', async () => {
  const { stderr } = await project.pipewright('run', 'failing', '--no-mlflow', '--verbose')
  expect(stderr).toMatch(/at .*behaviour\.ts/)
})

test('an attempt that failed and one that succeeded are both told', async () => {
  const { stdout, exitCode } = await project.pipewright('run', 'flaky', '--no-mlflow', '--json')
  expect(exitCode).toBe(0)
  expect(jsonLines(stdout).at(-1)).toMatchObject({
    nodes: [{ name: 'twice', status: 'succeeded', attempts: 2 }],
  })
})

/** Runs with these arguments and says how many epochs the run had. */
async function epochsOf(...args: readonly string[]): Promise<unknown> {
  await project.pipewright('run', 'training', '--no-mlflow', '--quiet', ...args)
  const { stdout } = await project.pipewright('runs', 'show', '--json')
  const { params } = JSON.parse(stdout) as { params: Record<string, unknown> }
  return params['train.epochs']
}

test('params of the command line go before parameters.yml, which goes before defaults', async () => {
  expect(await epochsOf()).toBe(7)
  expect(await epochsOf('--params', 'train.epochs=50')).toBe(50)
})

test('a slice runs its nodes alone, on the datasets of the catalog', async () => {
  const { stdout, exitCode } = await project.pipewright(
    'run',
    'training',
    '--tags',
    'checks',
    '--no-mlflow',
    '--json',
  )
  expect(exitCode).toBe(0)
  const summary = jsonLines(stdout).at(-1) as { nodes: readonly { name: string }[] }
  expect(summary.nodes.map(({ name }) => name)).toEqual(['evaluate'])
})

test('a second run with the same key is the first one', async () => {
  const ids = []
  for (let time = 0; time < 2; time++) {
    const { stdout } = await project.pipewright(
      'run',
      'training',
      '--key',
      'k1',
      '--no-mlflow',
      '--json',
    )
    ids.push(jsonLines(stdout).at(-1)?.['runId'])
  }
  expect(ids[0]).toBe(ids[1])
})

test('--quiet says nothing about a run that succeeds', async () => {
  const ended = await project.pipewright('run', 'training', '--no-mlflow', '--quiet')
  expect(ended).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})

test('an MLflow that does not answer costs a warning, not the run', async () => {
  const running = project.start(['run', 'training', '--json'], {
    MLFLOW_TRACKING_URI: 'http://127.0.0.1:1',
  })
  const { stdout, stderr, exitCode } = await running.ended
  expect(exitCode).toBe(0)
  expect(jsonLines(stdout).at(-1)).toMatchObject({ status: 'succeeded', mlflow: null })
  expect(stderr.match(/not recorded in MLflow/g)).toHaveLength(1)
  expect(stderr.match(/^warning/gm)).toHaveLength(1)
})
