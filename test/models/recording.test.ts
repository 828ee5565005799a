import { hash } from 'node:crypto'

import { startAdapter } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { HandMadeRun, handMadePlan } from '../adapter/hand-made-run.ts'
import { drained, newLedger, type TestLedger } from '../adapter/test-ledger.ts'
import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { packedModel } from './packed.ts'
import { ask } from './registry.ts'

const plan = handMadePlan(
  'training',
  [
    { name: 'train', outputs: { weights: 'weights' }, params: { rate: 'train.rate' } },
    {
      name: 'pack_sentiment',
      inputs: { weights: 'weights' },
      outputs: { model: 'sentiment_model' },
    },
  ],
  ['train.words'],
)

describe('a run that packs a model', () => {
  let ledger: TestLedger
  let tar: Uint8Array

  beforeAll(async () => {
    ledger = await newLedger('models')
    tar = await packedModel()
  }, MLFLOW_TIMEOUT_MS)
  afterAll(() => ledger.close())

  it('becomes a logged model of the node run and a version of the parent, once', async () => {
    const run = new HandMadeRun(ledger.redis, ledger.prefix, plan, { 'train.rate': 1 })
    await run.submit({})
    await run.end('train', {
      finalMetrics: { words: 9 },
      metrics: [['words', 9, 0, run.createdAt]],
    })
    await run.end('pack_sentiment', {}, [
      {
        dataset: 'sentiment_model',
        format: 'model',
        bytes: tar.byteLength,
        sha256: hash('sha256', tar),
        uri: 'runs/model.tar',
      },
    ])
    await run.finish('succeeded')
    const adapter = await startAdapter({
      ...ledger.options,
      readStore: async (uri) => (uri === 'runs/model.tar' ? tar : undefined),
    })
    await drained(adapter)
    await adapter.stop()
    const versions = await ask(ledger.options.tracking.uri, 'model-versions/search', {
      filter: "name = 'sentiment'",
    })
    console.log(JSON.stringify(versions, undefined, 1))
    expect(versions).toEqual(1)
  })
})
