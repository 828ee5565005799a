import { runNode } from '@pipewright/engine/testing'
import { expect, test } from 'vitest'

import { readRawDays, readSplit } from '../real-days.ts'
import { clean } from './clean.ts'
import { trainBoosting } from './train-boosting.ts'
import { trainForest } from './train-forest.ts'

test('clean tells how many days it read and how often it rained', async () => {
  const { outputs, metrics } = await runNode(clean, {
    inputs: { rawDays: readRawDays() },
    params: { asOf: '2012-12-31' },
  })
  expect(outputs.days).toHaveLength(366)
  expect(metrics['days']).toBe(366)
  expect(metrics['rain_rate']).toBeGreaterThan(0.4)
})

test('boosting records its loss once a round, forest once a tree', async () => {
  const { trainingRows } = readSplit()
  const inputs = { trainingRows }
  const tree = { maxDepth: 2, minRows: 20, seed: 7 }
  const boosting = await runNode(trainBoosting, {
    inputs,
    params: { ...tree, rounds: 3, learningRate: 0.2, rowShare: 0.2 },
  })
  const forest = await runNode(trainForest, {
    inputs,
    params: { ...tree, trees: 2, columnShare: 0.2 },
  })
  const steps = ({ metricHistory }: Pick<typeof boosting, 'metricHistory'>) =>
    metricHistory.map(({ key, step }) => [key, step])
  expect(steps(boosting)).toEqual([1, 2, 3].map((round) => ['training_log_loss', round]))
  expect(steps(forest)).toEqual([1, 2].map((count) => ['training_log_loss', count]))
})

test('a cancelled run ends a training after the round that it is in', async () => {
  await expect(
    runNode(trainBoosting, {
      inputs: { trainingRows: readSplit().trainingRows },
      params: { rounds: 1000, learningRate: 0.2, maxDepth: 1, minRows: 20, rowShare: 0.1, seed: 7 },
      signal: AbortSignal.abort(new Error('cancelled')),
    }),
  ).rejects.toThrow('cancelled')
})
