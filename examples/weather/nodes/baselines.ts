import { node } from '@pipewright/engine'

import { baselines, baselineScores, selectionRows, trainingRows } from '../datasets.ts'
import {
  baselineNames,
  baselineProbability,
  countBaselines,
  type BaselineName,
  type Baselines,
} from '../models/baseline.ts'
import type { FeatureRow } from '../models/feature-row.ts'
import { score, type Forecast } from '../models/score.ts'

export const makeBaselines = node({
  name: 'baselines',
  inputs: { trainingRows, selectionRows },
  outputs: { baselines, baselineScores },
  tags: ['evaluation'],
  timeout: '1m',
  run({ trainingRows, selectionRows }, { metric }) {
    const baselines = countBaselines(trainingRows)
    const baselineScores = baselineNames.map((name) =>
      score(name, baselineForecasts(name, baselines, selectionRows)),
    )
    for (const { model, accuracy, logLoss } of baselineScores) {
      metric(`${model}_accuracy`, accuracy)
      metric(`${model}_log_loss`, logLoss)
    }
    return { baselines, baselineScores }
  },
})

/** A baseline's forecasts beside what came. */
export function baselineForecasts(
  name: BaselineName,
  baselines: Baselines,
  rows: readonly FeatureRow[],
): Forecast[] {
  return rows.map((row) => ({
    probability: baselineProbability(name, baselines, row),
    rain: row.rainTomorrow,
  }))
}
