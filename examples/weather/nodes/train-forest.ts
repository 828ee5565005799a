import { node } from '@pipewright/engine'
import { RandomForestRegression } from 'ml-random-forest'
import * as z from 'zod'

import { forestModel, trainingRows } from '../datasets.ts'
import { answers, featureNames, featureVector, type FeatureRow } from '../models/feature-row.ts'
import type { Forest } from '../models/model.ts'
import { score } from '../models/score.ts'
import { treeFromLibrary, treeValue, type Tree } from '../models/tree.ts'
import { seed } from '../params.ts'

const options = {
  trees: z.int().positive().default(40),
  maxDepth: z.int().positive().default(5),
  /** A group of so many rows or fewer is not divided any more. */
  minRows: z.int().positive().default(20),
  /** Share of the columns that each tree may use. */
  columnShare: z.number().positive().max(1).default(0.4),
}

export const trainForest = node({
  name: 'train_forest',
  inputs: { trainingRows },
  outputs: { forestModel },
  params: { ...options, seed },
  tags: ['candidate'],
  timeout: '5m',
  run({ trainingRows }, { params, metric, signal }) {
    const sums = trainingRows.map(() => 0)
    const forestModel = fitForest(trainingRows, params, (tree, count) => {
      signal.throwIfAborted()
      trainingRows.forEach(
        (row, index) => (sums[index] = (sums[index] ?? 0) + treeValue(tree, row)),
      )
      const forecasts = trainingRows.map((row, index) => ({
        probability: (sums[index] ?? 0) / count,
        rain: row.rainTomorrow,
      }))
      metric('training_log_loss', score('forest', forecasts).logLoss, count)
    })
    return { forestModel }
  },
})

/** What `fitForest` needs to know. */
export interface ForestOptions {
  readonly trees: number
  readonly maxDepth: number
  readonly minRows: number
  readonly columnShare: number
  readonly seed: number
}

/**
 * A random forest of regression trees on 0 and 1: the mean of the leaves is a probability, where the votes of
 * classification trees would be shares of certainties. Trees are grown one at a time, so that each can be reported.
 *
 * @param grown Called after each tree with the tree and the number of trees so far.
 */
export function fitForest(
  rows: readonly FeatureRow[],
  options: ForestOptions,
  grown: (tree: Tree, count: number) => void = () => {},
): Forest {
  const matrix = rows.map(featureVector)
  const target = answers(rows)
  const trees: Tree[] = []
  for (let count = 1; count <= options.trees; count += 1) {
    const tree = growTree(matrix, target, options, count)
    trees.push(tree)
    grown(tree, count)
  }
  return { kind: 'forest', trees }
}

function growTree(
  matrix: number[][],
  target: number[],
  options: ForestOptions,
  count: number,
): Tree {
  const forest = new RandomForestRegression({
    nEstimators: 1,
    seed: options.seed + count,
    maxFeatures: options.columnShare,
    replacement: false,
    useSampleBagging: true,
    noOOB: true,
    treeOptions: { maxDepth: options.maxDepth, minNumSamples: options.minRows },
  })
  forest.train(matrix, target)
  const { baseModel } = ForestJson.parse(forest.toJSON())
  const columns = baseModel.indexes[0].map((index) =>
    z.enum(featureNames).parse(featureNames[index]),
  )
  return treeFromLibrary(baseModel.estimators[0].root, columns)
}

/** The library's JSON of a forest of one tree. */
const ForestJson = z.object({
  baseModel: z.object({
    indexes: z.tuple([z.array(z.int())]),
    estimators: z.tuple([z.object({ root: z.unknown() })]),
  }),
})
