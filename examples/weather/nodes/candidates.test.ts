import { expect, test } from 'vitest'

import { countBaselines } from '../models/baseline.ts'
import { Model } from '../models/model.ts'
import { score } from '../models/score.ts'
import { readSplit } from '../real-days.ts'
import { baselineForecasts } from './baselines.ts'
import { forecasts } from './evaluate.ts'
import { rank } from './select.ts'
import { fitBoosting } from './train-boosting.ts'
import { fitForest } from './train-forest.ts'
import { fitLogistic } from './train-logistic.ts'

const { trainingRows, selectionRows } = readSplit()
const forest = { trees: 5, maxDepth: 4, minRows: 20, columnShare: 0.4, seed: 7 }
const boosting = {
  rounds: 15,
  learningRate: 0.3,
  maxDepth: 2,
  minRows: 20,
  rowShare: 0.25,
  seed: 7,
}

test.each([
  ['logistic', () => fitLogistic(trainingRows, { steps: 100, learningRate: 0.0005 })],
  ['forest', () => fitForest(trainingRows, forest)],
  ['boosting', () => fitBoosting(trainingRows, boosting)],
])('%s learns: it beats the majority on days that it has not seen', (name, fit) => {
  const majority = baselineForecasts('majority', countBaselines(trainingRows), selectionRows)
  const ours = score(name, forecasts(fit(), selectionRows))
  expect(ours.logLoss).toBeLessThan(score('majority', majority).logLoss - 0.05)
})

test('a model that was saved and loaded forecasts the same', () => {
  const model = fitBoosting(trainingRows, boosting)
  const loaded = Model.parse(JSON.parse(JSON.stringify(model)))
  expect(forecasts(loaded, selectionRows)).toEqual(forecasts(model, selectionRows))
})

test('the same seed grows the same trees, another seed others', () => {
  expect(fitForest(trainingRows, forest)).toEqual(fitForest(trainingRows, forest))
  expect(fitForest(trainingRows, { ...forest, seed: 8 })).not.toEqual(
    fitForest(trainingRows, forest),
  )
  expect(fitBoosting(trainingRows, { ...boosting, seed: 8 })).not.toEqual(
    fitBoosting(trainingRows, boosting),
  )
})

test('the loss is reported once a round and falls', () => {
  const losses: number[] = []
  fitBoosting(trainingRows, boosting, (_, loss) => losses.push(loss))
  expect(losses).toHaveLength(boosting.rounds)
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0)
})

test('persistence forecasts rain after rain and a dry day after a dry day', () => {
  const baseline = baselineForecasts('persistence', countBaselines(trainingRows), selectionRows)
  expect(baseline.map(({ probability }) => probability >= 0.5)).toEqual(
    selectionRows.map((row) => row.rain === 1),
  )
})

test('the lowest log-loss is ranked first', () => {
  const scores = [0.6, 0.5, 0.7].map((logLoss) => ({
    model: `m${logLoss}`,
    days: 1,
    accuracy: 1,
    logLoss,
  }))
  expect(rank(scores).map(({ model }) => model)).toEqual(['m0.5', 'm0.6', 'm0.7'])
})
