import { afterEach, beforeEach, expect, test } from 'vitest'

import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
beforeEach(async () => {
  project = await testProject()
})
afterEach(() => project.dispose())

const file = 'conf/base/schedules.yml'

test('schedules of the file are published, listed, paused, triggered and run for the past', async () => {
  await project.write(
    file,
    `nightly:\n  pipeline: training\n  cron: '30 2 * * *'\n  timezone: Europe/Berlin\n`,
  )
  const worker = project.start(['worker', '--name', 'w1'])
  await worker.shows('serves default')
  const listed = await project.pipewright('schedules')
  expect(listed.exitCode).toBe(0)
  expect(listed.stdout).toContain('nightly  training  30 2 * * * (Europe/Berlin)  overlap skip')
  expect(listed.stdout.match(/next {5}\w{3}/g)).toHaveLength(5)

  const paused = await project.pipewright('schedules', 'pause', 'nightly')
  expect(paused.stdout).toBe('nightly is paused\n')
  const triggered = await project.pipewright('schedules', 'trigger', 'nightly')
  expect(triggered.stdout).toMatch(/^[0-9A-Z]{26}\n$/)
  await project.pipewright('schedules', 'resume', 'nightly')

  const dates = ['--from', '2015-10-24', '--to', '2015-10-27', '--max-parallel', '2']
  const backfill = await project.pipewright('schedules', 'backfill', 'nightly', ...dates, '--json')
  expect(jsonLines(backfill.stdout)).toEqual([
    {
      type: 'backfill',
      schedule: 'nightly',
      // The clocks were set back on the 25th, after the first of two times.
      slots: ['2015-10-24T00:30:00.000Z', '2015-10-25T00:30:00.000Z', '2015-10-26T01:30:00.000Z'],
      maxParallel: 2,
    },
  ])
  const left = async (): Promise<unknown> =>
    jsonLines((await project.pipewright('schedules', '--json')).stdout)[0]
  await expect
    .poll(left, { timeout: 30_000 })
    .toMatchObject({ name: 'nightly', backfill: { running: 0, waiting: 0 } })
  const runs = jsonLines((await project.pipewright('runs', 'list', '--json')).stdout)
  expect(runs).toHaveLength(4)

  const wrong = await project.pipewright('schedules', 'trigger', 'nightli')
  expect(wrong.exitCode).toBe(2)
  expect(wrong.stderr).toContain('Did you mean "nightly"?')
})

test('a mistake in schedules.yml is told with its place, and one that no worker has published is named', async () => {
  await project.write(file, `nightly:\n  pipeline: training\n  cron: 61 * * * *\n`)
  const wrong = await project.pipewright('schedules')
  expect(wrong.exitCode).toBe(3)
  expect(wrong.stderr).toContain('conf/base/schedules.yml:3:9')
  await project.write(file, `nightly:\n  pipeline: training\n  every: 1d\n`)
  expect((await project.pipewright('schedules')).stderr).toContain('Not in Redis yet: nightly')
})

test('a backfill is worked off by the command itself, and once', async () => {
  await project.write(file, `nightly:\n  pipeline: training\n  cron: '30 2 * * *'\n`)
  const dates = ['--from', '2015-10-24', '--to', '2015-10-26', '--work', '--no-mlflow', '--json']
  const worked = await project.pipewright('schedules', 'backfill', 'nightly', ...dates)
  expect(worked.exitCode).toBe(0)
  const [backfill, ...slots] = jsonLines(worked.stdout)
  expect(backfill).toMatchObject({ type: 'backfill', maxParallel: 1 })
  expect(slots).toMatchObject(
    ['24', '25'].map((day) => ({
      type: 'slot',
      slot: `2015-10-${day}T02:30:00.000Z`,
      status: 'succeeded',
    })),
  )
  const again = await project.pipewright('schedules', 'backfill', 'nightly', ...dates)
  expect(jsonLines(again.stdout).slice(1)).toEqual(slots)
})
