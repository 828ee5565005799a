import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
let runId: string
beforeAll(async () => {
  project = await testProject()
  const { stdout } = await project.pipewright(
    'run',
    'training',
    '--no-mlflow',
    '--json',
    '--tag',
    'team=rain',
  )
  runId = String(jsonLines(stdout).at(-1)?.['runId'])
})
afterAll(() => project.dispose())

test('--help names every command and the exit codes', async () => {
  const { stdout, exitCode } = await project.pipewright('--help')
  expect(exitCode).toBe(0)
  for (const command of [
    'init',
    'run',
    'enqueue',
    'worker',
    'adapter',
    'runs',
    'why',
    'lineage',
    'workers',
    'prune',
    'dev',
    'pipelines',
    'catalog',
    'doctor',
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  }
  expect(stdout).toContain('3 configuration')
})

test('the help of run names the slices of Kedro', async () => {
  const { stdout } = await project.pipewright('run', '--help')
  for (const option of [
    '--from-nodes',
    '--to-nodes',
    '--nodes',
    '--tags',
    '--from-inputs',
    '--to-outputs',
    '--params',
  ]) {
    expect(stdout).toContain(option)
  }
})

test('runs are listed and shown by any process', async () => {
  const list = await project.pipewright('runs', 'list')
  expect(list.stdout).toContain(runId)
  const shown = await project.pipewright('runs', 'show', runId)
  expect(shown.stdout).toMatch(/train\.epochs +7/)
  expect(shown.stdout).toMatch(/team +rain/)
  expect(shown.stdout).toMatch(/✔ evaluate +succeeded/)
})

test('a run that nobody knows exits with 2', async () => {
  const { stderr, exitCode } = await project.pipewright('runs', 'show', 'nope')
  expect(stderr).toContain('Run nope is not known')
  expect(exitCode).toBe(2)
})

test('a run that has ended cannot be cancelled, and that is no error', async () => {
  const { stdout, exitCode } = await project.pipewright('runs', 'cancel', runId)
  expect(stdout).toContain('has ended: succeeded')
  expect(exitCode).toBe(0)
})

test('pipelines are listed and described without Redis', async () => {
  const offline = { REDIS_URL: 'redis://127.0.0.1:1' }
  const list = await project.start(['pipelines', 'list', '--json'], offline).ended
  expect(jsonLines(list.stdout)[0]).toMatchObject({
    name: 'training',
    nodes: 2,
    inputs: ['numbers'],
  })
  const described = await project.start(['pipelines', 'describe', 'training'], offline).ended
  expect(described.stdout).toMatch(/^ {2}evaluate +numbers, model +error +default$/m)
})

test('the catalog says where datasets lie and who uses them', async () => {
  const list = await project.pipewright('catalog', 'list', '--json')
  const places = jsonLines(list.stdout)
  expect(places.find(({ name }) => name === 'model')).toMatchObject({
    format: 'json',
    versioned: true,
    madeBy: ['train'],
    readBy: ['evaluate'],
  })
  expect(places.find(({ name }) => name === 'made')).toMatchObject({
    format: 'store',
    filepath: null,
  })
  const described = await project.pipewright('catalog', 'describe', 'model', '--json')
  expect(JSON.parse(described.stdout)).toMatchObject({
    exists: true,
    versions: [expect.any(String)],
  })
  const resolved = await project.pipewright('catalog', 'resolve')
  expect(resolved.stdout).toContain('numbers: { type: csv, filepath: "data/numbers.csv" }')
  const unknown = await project.pipewright('catalog', 'describe', 'modell')
  expect(unknown.stderr).toContain('Did you mean "model"')
  expect(unknown.exitCode).toBe(2)
})

test('doctor finds a project in order', async () => {
  const { stdout, exitCode } = await project.pipewright('doctor', '--json')
  const checks = jsonLines(stdout)
  expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['pipeline training', 'shared store']),
  )
  expect(exitCode).toBe(0)
})

test('doctor goes on after a failure, and names what to do', async () => {
  const { stdout, exitCode } = await project.start(['doctor'], { REDIS_URL: 'redis://127.0.0.1:1' })
    .ended
  expect(stdout).toMatch(/✖ fail +Redis at redis:\/\/127\.0\.0\.1:1/)
  expect(stdout).toContain('Start it, or correct REDIS_URL')
  expect(stdout).toContain('MLflow')
  expect(exitCode).toBe(4)
})

test('doctor names a missing file, and a store that is not the one of the workers, and exits with 3', async () => {
  await project.remove('data/numbers.csv')
  await project.write('conf/base/pipewright.yml', 'store: { url: elsewhere }\n')
  const { stdout, exitCode } = await project.pipewright('doctor')
  await project.write('data/numbers.csv', 'x,y\n1,2\n')
  await project.remove('conf/base/pipewright.yml')
  expect(stdout).toContain(`'numbers' at ${project.root}/data/numbers.csv`)
  expect(stdout).toMatch(/✖ fail +shared store: this machine, host .+elsewhere, and what worker "/)
  expect(stdout).toContain(
    `left in ${pathToFileURL(project.root).href}/.pipewright/store is not there`,
  )
  expect(exitCode).toBe(3)
})
