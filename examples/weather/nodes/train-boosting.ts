import { node } from '@pipewright/engine'
import { DecisionTreeRegression } from 'ml-cart'
import * as z from 'zod'

import { boostingModel, trainingRows } from '../datasets.ts'
import { answers, featureNames, featureVector, type FeatureRow } from '../models/feature-row.ts'
import { sigmoid, type Boosting } from '../models/model.ts'
import { seededRandom } from '../models/random.ts'
import { mean, score } from '../models/score.ts'
import { treeFromLibrary, treeValue, type Tree } from '../models/tree.ts'
import { seed } from '../params.ts'

export const trainBoosting = node({
  name: 'train_boosting',
  inputs: { trainingRows },
  outputs: { boostingModel },
  params: {
    rounds: z.int().positive().default(60),
    learningRate: z.number().positive().default(0.2),
    maxDepth: z.int().positive().default(2),
    minRows: z.int().positive().default(20),
    /** Share of the rows that each round draws. */
    rowShare: z.number().positive().max(1).default(0.25),
    seed,
  },
  tags: ['candidate'],
  timeout: '5m',
  run({ trainingRows }, { params, metric, signal }) {
    const boostingModel = fitBoosting(trainingRows, params, (round, loss) => {
      signal.throwIfAborted()
      metric('training_log_loss', loss, round)
    })
    return { boostingModel }
  },
})

/** What `fitBoosting` needs to know. */
export interface BoostingOptions {
  readonly rounds: number
  readonly learningRate: number
  readonly maxDepth: number
  readonly minRows: number
  readonly rowShare: number
  readonly seed: number
}

/**
 * Stochastic gradient boosting of the log-loss (Friedman 2002): each round fits a small regression tree to the error that
 * is left on a random part of the rows.
 *
 * @param finished Called after each round with its number and the log-loss on all rows.
 */
export function fitBoosting(
  rows: readonly FeatureRow[],
  options: BoostingOptions,
  finished: (round: number, loss: number) => void = () => {},
): Boosting {
  const random = seededRandom(options.seed)
  const rainRate = mean(answers(rows))
  const base = Math.log(rainRate / (1 - rainRate))
  const state = rows.map((row) => ({ row, target: Number(row.rainTomorrow), logOdds: base }))
  const trees: Tree[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    const drawn = state.filter(() => random() < options.rowShare)
    const tree = growTree(
      drawn.map(({ row }) => row),
      drawn.map(({ target, logOdds }) => target - sigmoid(logOdds)),
      options,
    )
    trees.push(tree)
    for (const each of state) each.logOdds += options.learningRate * treeValue(tree, each.row)
    const forecasts = state.map(({ row, logOdds }) => ({
      probability: sigmoid(logOdds),
      rain: row.rainTomorrow,
    }))
    finished(round, score('boosting', forecasts).logLoss)
  }
  return { kind: 'boosting', base, learningRate: options.learningRate, trees }
}

function growTree(
  rows: readonly FeatureRow[],
  residuals: number[],
  { maxDepth, minRows }: BoostingOptions,
): Tree {
  const tree = new DecisionTreeRegression({ maxDepth, minNumSamples: minRows })
  tree.train(rows.map(featureVector), residuals)
  return treeFromLibrary(tree.toJSON().root, featureNames)
}
