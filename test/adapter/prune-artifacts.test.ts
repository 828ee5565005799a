import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LocalStorage, type DatasetReference } from '@pipewright/engine/internal'
import {
  pruneArtifacts,
  startAdapter,
  type Adapter,
  type PrunedArtifacts,
} from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { testProject } from '../cli/test-project.ts'
import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { storedValue } from './stored-value.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'
import type { SeenRun } from './tracking-server.ts'

const plan = handMadePlan('training', [
  { name: 'make', outputs: { model: 'model', table: 'table', note: 'note' } },
  { name: 'evaluate', inputs: { model: 'model' } },
])
const settings = {
  artifacts: {
    rules: [
      { dataset: 'model', log: 'always', keep: { best: 2, by: 'evaluate.f1', mode: 'max' } },
      { dataset: 'table', log: 'always', keep: { last: 2 } },
      { dataset: 'note', log: 'always' },
    ],
  },
} as const
/** Of five runs, oldest first. The last one has not got as far as evaluation. */
const scores = [0.9, 0.5, 0.8, 0.6, undefined]

let ledger: TestLedger
let folder: string
let storage: LocalStorage
let adapter: Adapter
const runs: SeenRun[] = []

beforeAll(async () => {
  ledger = await newLedger('pruned')
  folder = await mkdtemp(join(tmpdir(), 'pipewright-pruned-'))
  storage = new LocalStorage(folder)
  adapter = await startAdapter({
    ...ledger.options,
    settings,
    readStream: (uri, range) => storage.stream(uri, range),
  })
  const unchanged = await storedValue(storage, 'table', randomBytes(9000), 'bytes')
  for (const [at, f1] of scores.entries()) {
    const model = await storedValue(storage, 'model', randomBytes(5000), 'bytes')
    const note = await storedValue(storage, 'note', `"note ${at}"`)
    // the first, the second and the fourth run make the same table
    const table = [0, 1, 3].includes(at)
      ? unchanged
      : await storedValue(storage, 'table', randomBytes(9000), 'bytes')
    runs.push(await record(at, [model, table, note], f1))
  }
}, MLFLOW_TIMEOUT_MS)

afterAll(async () => {
  await adapter?.stop()
  await ledger?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Records a run and gives that of its first node. */
async function record(
  at: number,
  values: readonly DatasetReference[],
  f1: number | undefined,
): Promise<SeenRun> {
  const run = new HandMadeRun(ledger.redis, ledger.prefix, plan, {}, 1.7e12 + at * 60_000)
  await run.submit()
  await run.end('make', {}, values)
  const t = run.createdAt + 1500
  await run.end(
    'evaluate',
    f1 === undefined
      ? { status: 'failed', error: { code: 'Error', message: 'no' } }
      : { metrics: [['f1', f1, 0, t]], finalMetrics: { f1 } },
  )
  await run.finish(f1 === undefined ? 'failed' : 'succeeded')
  await drained(adapter)
  const made = (await ledger.seen.runs()).find(
    ({ name, tags }) => name === 'make' && tags['pipewright.run'] === run.id,
  )
  if (made === undefined) throw new Error('not recorded')
  return made
}

function prune(dryRun: boolean): Promise<PrunedArtifacts> {
  const { tracking, experiment } = ledger.options
  return pruneArtifacts({ tracking, experiment, settings, dryRun })
}

/** What goes, as the number of the run and the file. */
function named({ removed }: Pick<PrunedArtifacts, 'removed'>): readonly string[] {
  const ids = runs.map(({ id }) => id)
  return removed.map(({ mlflowRun, path }) => `${ids.indexOf(mlflowRun)} ${path}`)
}

/** Every file of the five runs. */
async function files(): Promise<readonly string[]> {
  const lists = await Promise.all(runs.map(({ id }) => ledger.seen.artifacts(id)))
  return lists.flatMap((list, at) => list.map((path) => `${at} ${path}`)).toSorted()
}

describe('a prune', () => {
  it('is told beforehand by the command line, with the rules of mlflow.yml', async () => {
    const project = await testProject()
    await project.write(
      'conf/base/mlflow.yml',
      `artifacts:
  rules:
    - { dataset: model, log: always, keep: { best: 2, by: evaluate.f1 } }
    - { dataset: 'ta*', log: always, keep: { last: 2 } }
`,
    )
    const environment = {
      MLFLOW_TRACKING_URI: ledger.options.tracking.uri,
      MLFLOW_EXPERIMENT_NAME: ledger.options.experiment,
    }
    const args = ['mlflow', 'prune', '--dry-run', '--json']
    const { stdout, exitCode } = await project.start(args, environment).ended
    await project.dispose()
    const expected = { type: 'mlflow-prune', dryRun: true, ...(await prune(true)) }
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, expected])
  })

  it('removes exactly what a dry run says: all but the last and the best, and nothing that others link to', async () => {
    const before = await files()
    const said = await prune(true)
    expect(await files()).toEqual(before)
    // of the tables 3 and 4 are the last; 3 links to that of 0, so that stays
    expect(named(said)).toEqual([
      '1 model.bin',
      '1 table.bin.link.json',
      '2 table.bin',
      '3 model.bin',
      '4 model.bin',
    ])
    expect(said.kept).toMatchObject([{ mlflowRun: runs[0]?.id, why: `linked from ${runs[3]?.id}` }])
    const done = await prune(false)
    expect(done).toEqual(said)
    expect(await files()).toEqual(before.filter((file) => !named(said).includes(file)))
    expect(done.bytes).toBe(
      3 * 5000 + 9000 + (done.removed.find(({ kind }) => kind === 'link')?.bytes ?? 0),
    )
  })

  it('says on the run what went and why, and has nothing to do a second time', async () => {
    const pruned = (await ledger.seen.runs()).find(({ id }) => id === runs[2]?.id)
    expect(pruned?.tags['pipewright.artifact.table']).toMatch(
      /^pruned on \d{4}-\d\d-\d\d: not among the last 2$/,
    )
    expect(pruned?.tags['pipewright.content.table']).toBeUndefined()
    expect((await prune(true)).removed).toEqual([])
  })

  it('leaves a content to which a run has linked since it was planned', async () => {
    const [, , third] = runs
    const note = {
      dataset: 'model',
      path: 'm',
      kind: 'link',
      type: 'bytes',
      bytes: 1,
      content: 'c',
    }
    const link = JSON.stringify({ ...note, holder: third?.id })
    // without the tag by which a plan finds it, as if it came after
    await ledger.seen.setTag(runs[4]?.id ?? '', 'pipewright.artifacts', 'no')
    await ledger.seen.setTag(runs[4]?.id ?? '', 'pipewright.artifact.model', link)
    const keep = { best: 1, by: 'evaluate.f1', mode: 'max' } as const
    const pruned = await pruneArtifacts({
      tracking: ledger.options.tracking,
      experiment: ledger.options.experiment,
      settings: { artifacts: { rules: [{ dataset: 'model', log: 'always', keep }] } },
    })
    expect(pruned.removed).toEqual([])
    expect(pruned.kept).toMatchObject([{ mlflowRun: third?.id, why: `linked from ${runs[4]?.id}` }])
    expect(await ledger.seen.artifacts(third?.id ?? '')).toContain('model.bin')
    const tag = (await ledger.seen.runs()).find(({ id }) => id === third?.id)?.tags
    expect(tag?.['pipewright.artifact.model']).not.toContain('pruning')
  })

  it('leaves registered models and what is tagged to be kept', async () => {
    const model = await storedValue(storage, 'model', randomBytes(5000), 'bytes')
    for (const at of [5, 6]) runs.push(await record(at, [model], 0.1))
    const parents = runs.slice(5).map(({ tags }) => tags['mlflow.parentRunId'] ?? '')
    await ledger.seen.setTag(parents[0] ?? '', 'pipewright.keep', 'true')
    const name = await ledger.seen.register(parents[1] ?? '')
    const said = await prune(true)
    expect(named(said)).toEqual([])
    expect(said.kept.map(({ why }) => why)).toContain('tagged pipewright.keep')
    expect(said.kept.map(({ why }) => why)).toContain(`registered as ${name} 1`)
  })

  it('keeps all when no run has the metric, and says so', async () => {
    const { tracking, experiment } = ledger.options
    const keep = { best: 1, by: 'evaluate.f2', mode: 'max' } as const
    const said = await pruneArtifacts({
      tracking,
      experiment,
      settings: { artifacts: { rules: [{ dataset: 'model', log: 'always', keep }] } },
    })
    expect(said.removed).toEqual([])
    expect(said.problems).toEqual([
      'No run of training has the metric evaluate.f2, so every model is kept.',
    ])
  })

  it('of an experiment that is not there has nothing to do', async () => {
    const { tracking } = ledger.options
    expect((await pruneArtifacts({ tracking, experiment: 'nobody' })).removed).toEqual([])
  })
})
