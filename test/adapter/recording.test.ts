import { startAdapter, type Adapter } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { HandMadeRun, handMadePlan, inlineValue } from './hand-made-run.ts'
import { newLedger, type TestLedger } from './test-ledger.ts'

describe('a run of three nodes', () => {
  let ledger: TestLedger
  let adapter: Adapter
  let run: HandMadeRun

  beforeAll(async () => {
    ledger = await newLedger('three')
    const plan = handMadePlan(
      'training',
      [
        { name: 'clean', outputs: { days: 'days' } },
        {
          name: 'train',
          inputs: { days: 'days' },
          outputs: { model: 'model' },
          params: { epochs: 'train.epochs' },
        },
        { name: 'evaluate', inputs: { model: 'model' }, params: {} },
      ],
      ['evaluate.f1'],
    )
    run = new HandMadeRun(ledger.redis, ledger.prefix, plan, { 'train.epochs': 50, seed: 7 })
    await run.submit({ team: 'weather' })
    await run.end('clean', {}, [inlineValue('days', [{ wind: 3 }])])
    await run.end('train', {
      startedAt: run.createdAt + 2000,
      endedAt: run.createdAt + 9000,
      metrics: [
        ['loss', 0.9, 0, run.createdAt + 3000],
        ['loss', 0.5, 1, run.createdAt + 4000],
      ],
      finalMetrics: { loss: 0.5 },
    })
    await run.end('evaluate', {
      metrics: [['f1', 0.75, 0, run.createdAt + 9500]],
      finalMetrics: { f1: 0.75 },
    })
    await run.finish('succeeded')
    adapter = await startAdapter({
      ...ledger.options,
      settings: { artifacts: { datasets: ['days'] } },
    })
    expect(await adapter.drain({ timeout: 50_000 })).toBe(true)
  })
  afterAll(async () => {
    await adapter.stop()
    await ledger.close()
  })

  it('is one parent with its nodes as children', async () => {
    const runs = await ledger.seen.runs()
    const parent = runs.find(({ tags }) => tags['pipewright.kind'] === 'pipeline')
    expect(parent).toMatchObject({
      name: 'training',
      status: 'FINISHED',
      start: run.createdAt,
      end: run.createdAt + 30_000,
    })
    expect(parent?.params).toEqual({ 'train.epochs': '50', seed: '7' })
    expect(parent?.metrics).toEqual({ 'train.loss': 0.5, 'evaluate.f1': 0.75, f1: 0.75 })
    const children = runs.filter(({ tags }) => tags['mlflow.parentRunId'] === parent?.id)
    expect(children.map(({ name }) => name).toSorted()).toEqual(['clean', 'evaluate', 'train'])
    const train = children.find(({ name }) => name === 'train')
    expect(train?.params).toEqual({ epochs: '50' })
    expect(train).toMatchObject({
      status: 'FINISHED',
      start: run.createdAt + 2000,
      end: run.createdAt + 9000,
    })
    expect(await ledger.seen.history(train?.id ?? '', 'loss')).toEqual([
      [0.9, 0, run.createdAt + 3000],
      [0.5, 1, run.createdAt + 4000],
    ])
    const clean = children.find(({ name }) => name === 'clean')
    expect(await ledger.seen.artifact(clean?.id ?? '', 'days.json')).toBe('[{"wind":3}]')
    expect(await adapter.runUrl(run.id)).toMatchObject({ runId: parent?.id })
  })
})
