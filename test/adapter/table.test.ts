import { startAdapter, type Adapter } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'
import type { SeenRun } from './tracking-server.ts'

let ledger: TestLedger
let adapter: Adapter
beforeAll(async () => {
  ledger = await newLedger('table')
  adapter = await startAdapter({ ...ledger.options, settings: { mappedRuns: 4 } })
}, MLFLOW_TIMEOUT_MS)
afterAll(async () => {
  await adapter?.stop()
  await ledger?.close()
})

async function runsOf(run: HandMadeRun): Promise<readonly SeenRun[]> {
  return (await ledger.seen.runs()).filter(({ tags }) => tags['pipewright.run'] === run.id)
}
function parentOf(runs: readonly SeenRun[]): SeenRun {
  const parent = runs.find(({ tags }) => tags['pipewright.kind'] === 'pipeline')
  if (parent === undefined) throw new Error('no parent')
  return parent
}

describe('what people see of a run', () => {
  const plan = handMadePlan(
    'training',
    [
      { name: 'clean', outputs: { days: 'days' }, fingerprint: 'aaaa' },
      { name: 'train', inputs: { days: 'days' }, params: { epochs: 'train.epochs' } },
    ],
    ['train.f1'],
  )
  const origin = {
    'mlflow.user': 'ada',
    'mlflow.source.git.commit': 'c'.repeat(40),
    'pipewright.git.dirty': 'true',
  }
  let run: HandMadeRun
  let seen: readonly SeenRun[]
  let parent: SeenRun

  beforeAll(async () => {
    run = new HandMadeRun(ledger.redis, ledger.prefix, plan, { 'train.epochs': 50 })
    await run.submit(origin)
    await run.end('clean')
    await run.end('train', { finalMetrics: { f1: 0.75 }, metrics: [['f1', 0.75, 0, 1]] })
    await run.finish('succeeded')
    await drained(adapter)
    seen = await runsOf(run)
    parent = parentOf(seen)
  })

  it('the description of the parent has a picture, and a link to each node', async () => {
    const note = parent.tags['mlflow.note.content']
    expect(note).toMatch(/^\*\*Succeeded\*\* after 30\.0 s, 2 nodes\./)
    expect(note).toContain(`![training](get-artifact?path=pipeline.svg&run_uuid=${parent.id})`)
    expect(await ledger.seen.artifact(parent.id, 'pipeline.svg')).toMatch(/^<svg .*>train</s)
    for (const { id, name } of seen.filter(({ tags }) => tags['pipewright.kind'] === 'node'))
      expect(note).toMatch(new RegExp(`\\[\`${name}\`\\]\\(#/.*/${id}\\)`))
  })

  it('a node leads to the one that it reads from', () => {
    const train = seen.find(({ name }) => name === 'train')
    expect(train?.tags['mlflow.note.content']).toMatch(
      /^Node `train` of \[training\]\(#\/.*\)\. Reads `days` from \[`clean`\]\(#\/.*\)\.$/,
    )
  })

  it('every run says who started it and which code it ran', () => {
    expect(parent.tags).toMatchObject({
      ...origin,
      'pipewright.code': expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    })
    const clean = seen.find(({ name }) => name === 'clean')
    expect(clean?.tags).toMatchObject({
      'mlflow.user': 'ada',
      'mlflow.source.git.commit': 'c'.repeat(40),
      'pipewright.code': 'aaaa',
    })
  })

  it('the experiment has a view of the pipeline, with the promoted metrics and params as columns', async () => {
    const tags = await ledger.seen.experimentTags()
    const view = JSON.parse(tags['mlflow.sharedViewState.pipewright-training'] ?? '{}') as {
      state: string
    }
    expect(view).toMatchObject({ name: 'training' })
    expect(JSON.parse(view.state)).toMatchObject({
      searchFilter:
        "tags.`pipewright.kind` = 'pipeline' AND tags.`pipewright.pipeline` = 'training'",
      selectedColumns: ['metrics.`f1`', 'params.`train.epochs`'],
    })
    expect(parent.tags['mlflow.note.content']).toContain('viewStateShareKey=pipewright-training')
  })
})

describe('a run with more mapped nodes than are recorded as runs', () => {
  const mapped = Array.from({ length: 20 }, (_, at) => ({ name: `score[${at}]` }))
  const plan = handMadePlan('mapped', [{ name: 'split' }, ...mapped], ['score.f1'])
  let run: HandMadeRun

  beforeAll(async () => {
    run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
    await run.submit()
    await run.end('split')
    for (const [at, { name }] of mapped.entries()) {
      const say = { ...run.at(name), at: run.createdAt, worker: 'w' }
      await run.say({ type: 'node_started', ...say })
      const error = { code: 'RangeError', message: 'no' }
      if (at % 3 === 2) await run.end(name, { status: 'failed', error })
      else await run.end(name, { finalMetrics: { f1: at }, metrics: [['f1', at, 0, 1]] })
    }
    await run.finish('failed')
    await drained(adapter)
  })

  it('has a table of all of them, and runs for those that failed as far as there is room', async () => {
    const runs = await runsOf(run)
    const children = runs.filter(({ tags }) => tags['pipewright.kind'] === 'node')
    expect(children.filter(({ name }) => name === 'split')).toHaveLength(1)
    const scores = children.filter(({ name }) => name !== 'split')
    expect(scores).toHaveLength(4)
    expect(new Set(scores.map(({ status }) => status))).toEqual(new Set(['FAILED']))
    const { columns, data } = JSON.parse(
      await ledger.seen.artifact(parentOf(runs).id, 'nodes.json'),
    ) as { columns: string[]; data: unknown[][] }
    expect(columns.join(' ')).toBe('node status attempt started seconds worker error f1')
    expect(data).toHaveLength(21)
    const started = new Date(run.createdAt + 1000).toISOString()
    expect(data[2]).toEqual(['score[1]', 'succeeded', 1, started, 1, 'worker-1', null, 1])
    expect(data[3]?.[6]).toBe('RangeError: no')
    expect(parentOf(runs).tags['mlflow.loggedArtifacts']).toBe(
      '[{"path":"nodes.json","type":"table"}]',
    )
  })

  it('has their metrics in short on the parent', async () => {
    const { metrics } = parentOf(await runsOf(run))
    expect(metrics).toEqual({
      'score.f1.mean': 9.5,
      f1: 9.5,
      'score.f1.min': 0,
      'score.f1.max': 19,
    })
  })
})
