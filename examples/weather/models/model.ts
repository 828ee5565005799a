import * as z from 'zod'

import { featureNames, type FeatureRow } from './feature-row.ts'
import { Tree, treeValue } from './tree.ts'

const Logistic = z.object({
  kind: z.literal('logistic'),
  intercept: z.number(),
  /** One a column: the weight of its standardised value. */
  terms: z.array(
    z.object({
      column: z.enum(featureNames),
      mean: z.number(),
      scale: z.number().positive(),
      weight: z.number(),
    }),
  ),
})

const Forest = z.object({ kind: z.literal('forest'), trees: z.array(Tree).min(1) })

const Boosting = z.object({
  kind: z.literal('boosting'),
  /** Log-odds before the first round. */
  base: z.number(),
  learningRate: z.number(),
  trees: z.array(Tree),
})

/** A trained candidate: plain JSON, enough to forecast with. */
export const Model = z.discriminatedUnion('kind', [Logistic, Forest, Boosting])
export type Model = z.infer<typeof Model>
export type Logistic = z.infer<typeof Logistic>
export type Forest = z.infer<typeof Forest>
export type Boosting = z.infer<typeof Boosting>

/** The probability that it rains on the day after the row's. */
export function probability(model: Model, row: FeatureRow): number {
  if (model.kind === 'forest') return sumOfTrees(model.trees, row) / model.trees.length
  if (model.kind === 'boosting') {
    return sigmoid(model.base + model.learningRate * sumOfTrees(model.trees, row))
  }
  return sigmoid(
    model.terms.reduce(
      (sum, { column, mean, scale, weight }) => sum + (weight * (row[column] - mean)) / scale,
      model.intercept,
    ),
  )
}

/** From log-odds to a probability. */
export function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}

function sumOfTrees(trees: readonly Tree[], row: FeatureRow): number {
  return trees.reduce<number>((sum, tree) => sum + treeValue(tree, row), 0)
}
