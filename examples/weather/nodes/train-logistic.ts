import { node } from '@pipewright/engine'
import LogisticRegression from 'ml-logistic-regression'
import { Matrix } from 'ml-matrix'
import * as z from 'zod'

import { logisticModel, trainingRows } from '../datasets.ts'
import { answers, featureNames, type FeatureName, type FeatureRow } from '../models/feature-row.ts'
import { probability, type Logistic } from '../models/model.ts'
import { mean, score } from '../models/score.ts'

export const trainLogistic = node({
  name: 'train_logistic',
  inputs: { trainingRows },
  outputs: { logisticModel },
  params: z.object({
    /** Steps of gradient descent; stopping early is what keeps the weights small. */
    steps: z.int().positive().default(100),
    learningRate: z.number().positive().default(0.0005),
  }),
  tags: ['candidate'],
  timeout: '2m',
  run({ trainingRows }, { params, metric }) {
    const logisticModel = fitLogistic(trainingRows, params)
    const forecasts = trainingRows.map((row) => ({
      probability: probability(logisticModel, row),
      rain: row.rainTomorrow,
    }))
    metric('training_log_loss', score('logistic', forecasts).logLoss, params.steps)
    return { logisticModel }
  },
})

/** Logistic regression on standardised columns, by gradient descent from zero. */
export function fitLogistic(
  rows: readonly FeatureRow[],
  options: { readonly steps: number; readonly learningRate: number },
): Logistic {
  const columns = featureNames.map((column) => moments(column, rows))
  const standardised = rows.map((row) => [
    1,
    ...columns.map(({ column, mean, scale }) => (row[column] - mean) / scale),
  ])
  const regression = new LogisticRegression({
    numSteps: options.steps,
    learningRate: options.learningRate,
  })
  regression.train(new Matrix(standardised), Matrix.columnVector(answers(rows)))
  // Of the two one-against-the-rest classifiers the first is trained to give 1 to class 1, which is rain.
  const [intercept, ...weights] = regression.classifiers[0]?.weights.getRow(0) ?? []
  return {
    kind: 'logistic',
    intercept: intercept ?? 0,
    terms: columns.map(({ column, mean, scale }, index) => ({
      column,
      mean,
      scale,
      weight: weights[index] ?? 0,
    })),
  }
}

function moments(column: FeatureName, rows: readonly FeatureRow[]) {
  const average = mean(rows.map((row) => row[column]))
  const deviation = Math.sqrt(mean(rows.map((row) => (row[column] - average) ** 2)))
  // A column that never changes (no snow in a short period) has no scale; any will do, for it stays zero.
  return { column, mean: average, scale: deviation === 0 ? 1 : deviation }
}
