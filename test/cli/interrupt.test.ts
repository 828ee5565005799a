import { afterAll, beforeAll, expect, test } from 'vitest'

import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
beforeAll(async () => {
  project = await testProject()
})
afterAll(() => project.dispose())

async function statusOfNewest(): Promise<unknown> {
  const { stdout } = await project.pipewright('runs', 'list', '--limit', '1', '--json')
  return jsonLines(stdout)[0]?.['status']
}

test('Ctrl-C cancels the run that the command started and exits with 130', async () => {
  const running = project.start(['run', 'slow', '--no-mlflow'])
  await running.shows('wait running')
  running.child.kill('SIGINT')
  const { exitCode, stderr } = await running.ended
  expect(stderr).toContain('interrupted: cancelling run')
  expect(exitCode).toBe(130)
  expect(await statusOfNewest()).toBe('cancelled')
})

test('a second Ctrl-C leaves at once', async () => {
  const running = project.start(['run', 'slow', '--no-mlflow'])
  await running.shows('wait running')
  running.child.kill('SIGINT')
  await running.shows('cancelling run')
  running.child.kill('SIGINT')
  expect((await running.ended).exitCode).toBe(130)
})

test('--timeout cancels the run, which has then failed', async () => {
  const running = project.start(['run', 'slow', '--no-mlflow', '--timeout', '1s'])
  const { exitCode, stderr } = await running.ended
  expect(stderr).toContain('the timeout is over')
  expect(exitCode).toBe(1)
  expect(await statusOfNewest()).toBe('cancelled')
})

test('a worker drains on SIGTERM and exits with 0', async () => {
  const running = project.start(['worker', '--name', 'w1'])
  await running.shows('worker w1 serves default')
  running.child.kill('SIGTERM')
  const { exitCode, stderr } = await running.ended
  expect(stderr).toContain('draining')
  expect(exitCode).toBe(0)
})

test('a worker runs what was enqueued, and a second signal ends it at once', async () => {
  const enqueued = await project.pipewright('enqueue', 'slow')
  expect(enqueued.exitCode).toBe(0)
  const id = enqueued.stdout.trim()
  const worker = project.start(['worker'])
  await worker.shows(' serves default')
  const following = project.start(['runs', 'show', id, '--follow'])
  await following.shows('wait running')
  worker.child.kill('SIGINT')
  await worker.shows('draining')
  worker.child.kill('SIGINT')
  expect((await worker.ended).exitCode).toBe(130)
  const cancelled = await project.pipewright('runs', 'cancel', id)
  expect(cancelled.exitCode).toBe(0)
  following.child.kill('SIGKILL')
  await following.ended
})
