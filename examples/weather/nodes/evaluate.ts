import { node, type Dataset } from '@pipewright/engine'

import {
  boostingModel,
  boostingScore,
  forestModel,
  forestScore,
  logisticModel,
  logisticScore,
  selectionRows,
} from '../datasets.ts'
import type { FeatureRow } from '../models/feature-row.ts'
import { probability, type Model } from '../models/model.ts'
import { score, type Forecast, type Score } from '../models/score.ts'

export const evaluateLogistic = evaluation('evaluate_logistic', logisticModel, logisticScore)
export const evaluateForest = evaluation('evaluate_forest', forestModel, forestScore)
export const evaluateBoosting = evaluation('evaluate_boosting', boostingModel, boostingScore)

/** Every candidate is evaluated in the same way: one function makes the three nodes. */
function evaluation(
  name: string,
  model: Dataset<string, Model>,
  selectionScore: Dataset<string, Score>,
) {
  return node({
    name,
    inputs: { model, selectionRows },
    outputs: { selectionScore },
    tags: ['evaluation'],
    timeout: '1m',
    run({ model, selectionRows }, { metric }) {
      const selectionScore = score(model.kind, forecasts(model, selectionRows))
      metric('accuracy', selectionScore.accuracy)
      metric('log_loss', selectionScore.logLoss)
      return { selectionScore }
    },
  })
}

/** A model's forecasts beside what came. */
export function forecasts(model: Model, rows: readonly FeatureRow[]): Forecast[] {
  return rows.map((row) => ({ probability: probability(model, row), rain: row.rainTomorrow }))
}
