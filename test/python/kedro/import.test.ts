import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Pipeline } from '@pipewright/engine'
import { runPipeline, type PipelineResult } from '@pipewright/engine/testing'
import { kedroPipelines, takeSnapshot } from '@pipewright/python/kedro'
import { describe, expect, it, onTestFinished } from 'vitest'

import { testProject } from '../../cli/test-project.ts'
import { kedroPython } from './kedro-python.ts'

const python = await kedroPython()
/** Kedro and what it brings are 300 MB: only where an environment is already there. */
const options = { timeout: 180_000, skip: python === undefined }

interface Imported {
  readonly project: string
  readonly run: (
    name: string,
    params?: Readonly<Record<string, unknown>>,
  ) => Promise<PipelineResult>
}

/** A copy of the Kedro project, imported. */
async function imported(allowPickle: boolean): Promise<Imported> {
  const project = await mkdtemp(join(tmpdir(), 'pipewright-kedro-test-'))
  onTestFinished(async () => rm(project, { recursive: true, force: true }))
  await cp(join(import.meta.dirname, 'project'), project, { recursive: true })
  const options = { project, allowPickle, ...(python !== undefined && { python }) }
  const pipelines = kedroPipelines(await takeSnapshot(options, () => {}), options)
  return {
    project,
    run: async (name, params = {}) =>
      // Each test names one that the project has.
      runPipeline(pipelines.find((each) => each.name === name) as Pipeline, { params }),
  }
}

describe('a Kedro project', options, () => {
  it('runs as it is, each node a node run, with its own catalog', async () => {
    const { project, run } = await imported(true)
    const all = await run('__default__')
    expect(all.nodes.filter(({ status }) => status !== 'succeeded')).toEqual([])
    expect(all.nodes.map(({ name }) => name).toSorted()).toEqual([
      'by_age.evaluate',
      'by_age.train',
      'by_rating.evaluate',
      'by_rating.train',
      'clean_companies',
      'compare',
      'gather_reviews',
      'join',
    ])
    expect(await readFile(join(project, 'data/08_reporting/verdict.txt'), 'utf8')).toBe(
      'better by rating',
    )
    const metrics = JSON.parse(
      await readFile(join(project, 'data/08_reporting/by_rating/metrics.json'), 'utf8'),
    )
    expect(metrics.slope).toBeCloseTo(9.59, 1)
    expect(await readdir(join(project, 'data/03_primary/model_input.csv'))).toHaveLength(1)
    // The project keeps what Kedro keeps; what only memory would have kept has passed through the run's store.
    expect(existsSync(join(project, 'data/02_intermediate'))).toBe(false)
  })

  it('takes params of a run in place of its own', async () => {
    const { project, run } = await imported(true)
    const options = { feature: 'rating', penalty: 1_000_000 }
    const all = await run('__default__', { 'by_rating.options': options })
    expect(all.status).toBe('succeeded')
    const text = await readFile(join(project, 'data/08_reporting/verdict.txt'), 'utf8')
    expect(text).toBe('better by age')
  })

  it('passes by pickle nothing that it was not allowed to', async () => {
    const { run } = await imported(false)
    const all = await run('__default__')
    const failed = all.nodes.filter(({ status }) => status === 'failed')
    expect(failed.map(({ name }) => name).toSorted()).toEqual(['by_age.train', 'by_rating.train'])
    expect(failed[0]?.error?.message).toContain(
      'is a shuttles.nodes.Model, which only pickle can pass to another process',
    )
    expect(failed[0]?.attempts).toBe(1)
  })

  it('is imported and run by the command line, on workers', async () => {
    const project = await testProject(join(import.meta.dirname, 'project'))
    onTestFinished(async () => project.dispose())
    const asked = ['kedro', 'import', '.', '--python', python ?? '', '--allow-pickle']
    const first = await project.pipewright(...asked)
    expect(first.stdout).toContain('Read Shuttles, a project of Kedro 1.7.0')
    expect(first.exitCode).toBe(0)
    const run = await project.start(['run', '__default__', '--no-mlflow'], {}, 'pipewright').ended
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('succeeded') })
    expect(await project.read('data/08_reporting/verdict.txt')).toBe('better by rating')

    const config = `${await project.read('pipewright/pipewright.config.ts')}// mine\n`
    await project.write('pipewright/pipewright.config.ts', config)
    expect((await project.pipewright(...asked)).exitCode).toBe(0)
    expect(await project.read('pipewright/pipewright.config.ts'), 'it stays').toBe(config)
  })

  it('that Kedro cannot read is named with what Kedro says', async () => {
    const project = await mkdtemp(join(tmpdir(), 'pipewright-kedro-test-'))
    onTestFinished(async () => rm(project, { recursive: true, force: true }))
    await writeFile(join(project, 'pyproject.toml'), '[project]\nname = "nothing"\n')
    const taken = takeSnapshot({ project, ...(python !== undefined && { python }) }, () => {})
    await expect(taken).rejects.toMatchObject({ code: 'KEDRO_PROJECT_UNREADABLE' })
  })
})

describe('a snapshot', () => {
  it('that is none is refused', () => {
    expect(() => kedroPipelines({ version: 2 }, { project: '.' })).toThrow(/is none/)
  })
})
