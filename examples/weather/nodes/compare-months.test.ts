import { runNode } from '@pipewright/engine/testing'
import { expect, test } from 'vitest'

import { compareMonths } from './compare-months.ts'

const score = { model: 'forest', days: 365, accuracy: 0.7, logLoss: 0.55 }
const verdict = {
  from: '2014-03-01',
  to: '2015-02-28',
  model: score,
  baselines: [{ ...score, model: 'persistence', logLoss: 0.6 }],
  gains: [],
}
const earlier = {
  model: 'boosting',
  accuracy: 0.69,
  logLoss: 0.56,
  baselines: { persistence: 0.61 },
}
const params = { asOf: '2015-02-28' }

test('the first retraining begins the list', async () => {
  const { outputs, metrics } = await runNode(compareMonths, {
    inputs: { verdict, retrainingsBefore: [] },
    params,
  })
  expect(outputs.retrainings).toEqual([
    { ...params, model: 'forest', accuracy: 0.7, logLoss: 0.55, baselines: { persistence: 0.6 } },
  ])
  expect(metrics['retrainings']).toBe(1)
})

test('a retraining takes the place of the one as of the same day, in the order of time', async () => {
  const before = [
    { asOf: '2015-03-31', ...earlier },
    { asOf: '2015-02-28', ...earlier },
    { asOf: '2015-01-31', ...earlier },
  ]
  const { outputs } = await runNode(compareMonths, {
    inputs: { verdict, retrainingsBefore: before },
    params,
  })
  expect(outputs.retrainings.map(({ asOf, model }) => [asOf, model])).toEqual([
    ['2015-01-31', 'boosting'],
    ['2015-02-28', 'forest'],
    ['2015-03-31', 'boosting'],
  ])
  expect(outputs.retrainingPlot).toMatch(/^<svg .*<\/svg>$/s)
  for (const text of ['2015-01-31', '2015-03-31', 'persistence', 'boosting', 'forest'])
    expect(outputs.retrainingPlot).toContain(text)
})
