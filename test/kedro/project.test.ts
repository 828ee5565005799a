import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { jsonLines, testProject, type TestProject } from '../cli/test-project.ts'

let project: TestProject

beforeAll(async () => {
  project = await testProject(join(import.meta.dirname, 'project'))
})
afterAll(async () => project.dispose())

describe('a project with a catalog as Kedro’s', () => {
  it('runs with factories, variants and runtime params, which reach the nodes and what they publish', async () => {
    const hooks = join(project.root, 'hooks.log')
    const run = project.start(
      ['run', 'scoring', '--params', 'folder=data/north,out=data/made', '--no-mlflow', '--json'],
      { HOOKS_FILE: hooks },
    )
    const { exitCode, stdout, stderr } = await run.ended
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(jsonLines(stdout).at(-1)).toMatchObject({ status: 'succeeded' })
    expect(await project.read('data/made/lines.json')).toBe('3')
    expect(await project.read('data/report.csv')).toContain('2015-06-03,9')
    const told = (await readFile(hooks, 'utf8')).trimEnd().split('\n')
    expect(told.filter((line) => line.endsWith('scoring'))).toEqual([
      'before scoring',
      'after scoring',
    ])
    expect(told[0]).toBe('context local')
    expect(told).toContain('catalog 5')
  })

  it('reads the version that was asked for, and refuses one that is not there', async () => {
    const [version = ''] = await readdir(join(project.root, 'data/north/strong.json'))
    const ask = async (asked: string): ReturnType<TestProject['pipewright']> =>
      project.pipewright(
        'run',
        'again',
        '--load-versions',
        asked,
        '--params',
        'out=x',
        '--no-mlflow',
      )
    const [found, absent, unversioned] = await Promise.all([
      ask(`north.strong:${version}`),
      ask('north.strong:2001-01-01T00.00.00.000Z'),
      ask('days#csv:1'),
    ])
    expect(found).toMatchObject({ exitCode: 0 })
    expect(absent).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('DATASET_NOT_FOUND'),
    })
    expect(unversioned).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('UNKNOWN_DATASET'),
    })
  })

  it('is listed with its factories, resolved for any name, and shown by its first rows', async () => {
    const [list, resolved, preview] = await Promise.all([
      project.pipewright('catalog', 'list', '--json'),
      project.pipewright('catalog', 'resolve', 'rain#csv', 'south.strong'),
      project.pipewright('catalog', 'preview', 'days#csv', '--rows', '1'),
    ])
    const listed = jsonLines(list.stdout)
    expect(listed.find(({ name }) => name === 'north.strong')).toMatchObject({
      factory: '{space}.strong',
      format: 'json',
      versioned: true,
    })
    expect(listed.flatMap(({ pattern }) => pattern ?? [])).toEqual(['{space}.strong', '{name}#csv'])
    expect(resolved.stdout.trimEnd().split('\n')).toEqual([
      '"rain#csv": { type: csv, filepath: "data/rain.csv" }',
      'south.strong: { type: json, filepath: "data/south/strong.json", versioned: true }',
    ])
    expect(preview.stdout).toMatch(/days\.csv, 35 bytes\nday +wind\n.*\n2015-01-01 +3\n$/)
  })
})
