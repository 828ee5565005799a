import { hash } from 'node:crypto'

import { HandMadeRun, handMadePlan } from '../adapter/hand-made-run.ts'
import type { TestLedger } from '../adapter/test-ledger.ts'

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

/** Where the packed model lies in the store of such a run. */
export const modelPath = 'runs/model.tar'

/** How such a run went. */
export interface TrainingOptions {
  readonly words?: number
  readonly status?: 'succeeded' | 'failed'
  readonly rate?: number
}

/** Tells the outbox of a run that packed a model; `words` is the metric by which it is compared. */
export async function tellTraining(
  { redis, prefix }: TestLedger,
  tar: Uint8Array,
  { words = 9, status = 'succeeded', rate = 1 }: TrainingOptions = {},
): Promise<HandMadeRun> {
  const run = new HandMadeRun(redis, prefix, plan, {
    'train.rate': rate,
    'predict.threshold': '0',
  })
  await run.submit({ 'mlflow.source.git.commit': 'c0ffee' })
  await run.end('train', {
    finalMetrics: { words },
    metrics: [['words', words, 0, run.createdAt]],
  })
  await run.end('pack_sentiment', {}, [
    {
      dataset: 'sentiment_model',
      format: 'model',
      bytes: tar.byteLength,
      sha256: hash('sha256', tar),
      uri: modelPath,
    },
  ])
  await run.finish(status)
  return run
}
