import { afterAll, beforeAll, expect, test } from 'vitest'

import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
beforeAll(async () => {
  project = await testProject()
})
afterAll(() => project.dispose())

const prune = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const { stdout, exitCode } = await project.pipewright('prune', '--json', ...args)
  expect(exitCode).toBe(0)
  return jsonLines(stdout)[0] ?? {}
}

test('prune removes what its dry run says; young runs stay unless they are asked for', async () => {
  await project.pipewright('run', 'training', '--no-mlflow', '--quiet', '--key', 'one')
  expect(await prune()).toMatchObject({ runs: [], keys: 0, files: 0 })
  const told = await prune('--older-than', '1ms', '--dry-run')
  expect(told).toMatchObject({ type: 'prune', dryRun: true, runs: [{ status: 'succeeded' }] })
  expect(await prune('--older-than', '1ms', '--succeeded')).toEqual({ ...told, dryRun: false })
  const { stdout } = await project.pipewright('prune', '--keep', '1')
  expect(stdout).toBe('nothing to remove\n')
})

test('prune takes one of --failed and --succeeded', async () => {
  expect((await project.pipewright('prune', '--failed', '--succeeded')).exitCode).toBe(2)
})
