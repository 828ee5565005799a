import { afterEach, beforeEach, expect, test } from 'vitest'

import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
beforeEach(async () => {
  project = await testProject()
})
afterEach(() => project.dispose())

test('why names the queue without a worker, what hangs on it and what to type', async () => {
  const { stdout } = await project.pipewright('enqueue', 'training')
  const id =
    stdout
      .trim()
      .split(/\s+/)
      .find((word) => /^[0-9A-Z]{26}$/.test(word)) ?? ''
  const run = await project.pipewright('why', id)
  expect(run.exitCode).toBe(0)
  expect(run.stdout).toBe(
    [
      `● training, run ${id}: running, and nothing of it moves`,
      '  "train": No worker serves queue "default"; it is number 1 of 1 in the queue. No worker is alive.',
      '  → Start one: pipewright worker --queues default',
      '',
      'nodes',
      '  no worker           1  train',
      '  waiting for inputs  1  evaluate',
      '',
    ].join('\n'),
  )
  const node = await project.pipewright('why', 'last', 'evaluate')
  expect(node.stdout).toBe(
    [
      `evaluate of training, run ${id}`,
      '  It waits for "model" of node "train". "train": No worker serves queue "default"; it is number 1 of 1 in the queue. No worker is alive.',
      '  → Start one: pipewright worker --queues default',
      '',
    ].join('\n'),
  )
  const wrong = await project.pipewright('why', id, 'evalute')
  expect(wrong.stderr).toContain('Did you mean "evaluate"?')
  expect(wrong.exitCode).toBe(2)
  const shown = await project.pipewright('runs', 'show')
  expect(shown.stdout).toContain(`→ pipewright why ${id}`)
  const [json] = jsonLines((await project.pipewright('why', 'last', '--json')).stdout)
  expect(json).toMatchObject({
    type: 'why',
    run: id,
    moving: false,
    reason: { kind: 'node', node: 'train', reason: { kind: 'no-worker', queue: 'default' } },
  })
})

test('workers are listed with their queues; the run says who runs its node, and how it ended', async () => {
  const worker = project.start(['worker', '--name', 'w1', '--queues', 'default,gpu'])
  await worker.shows('serves default, gpu')
  await project.pipewright('enqueue', 'slow')
  const [listed] = jsonLines((await project.pipewright('workers', '--json')).stdout)
  expect(listed).toMatchObject({ type: 'worker', name: 'w1', pid: worker.child.pid, lost: false })
  const table = await project.pipewright('workers')
  expect(table.stdout).toMatch(/^WORKER +STATE +HOST +PID +VERSION +CODE +UP +LAST BEAT +QUEUES$/m)
  expect(table.stdout).toMatch(/^w1 +✔ alive .* default [01]\/\d+, gpu 0\/\d+$/m)
  await expect
    .poll(async () => (await project.pipewright('why', 'last', 'wait')).stdout, { timeout: 20_000 })
    .toMatch(/It runs on worker "w1" \(.*, process \d+; last beat .* ago\)/)
  const { run } = jsonLines((await project.pipewright('why', 'last', '--json')).stdout)[0] ?? {}
  await project.pipewright('runs', 'cancel', String(run))
  await expect
    .poll(async () => (await project.pipewright('why', 'last')).stdout, { timeout: 20_000 })
    .toMatch(/It has ended .* ago: cancelled/)
  worker.child.kill('SIGTERM')
  expect((await worker.ended).exitCode).toBe(0)
  const none = await project.pipewright('workers')
  expect(none.stderr).toContain('No worker is alive')
})
