import * as z from 'zod'

import type { Terms } from './example.ts'

/** A multinomial logistic regression: plain JSON, enough to predict with. */
export const Classifier = z.object({
  /** One a class. */
  biases: z.array(z.number()).min(2),
  /** One row a term, one number a class. */
  weights: z.array(z.array(z.number())),
})
export type Classifier = z.infer<typeof Classifier>

/** The probability of each class; they add up to 1. */
export function classProbabilities(classifier: Classifier, terms: Terms): number[] {
  const scores = [...classifier.biases]
  for (const { term, weight } of terms) {
    const row = classifier.weights[term] ?? []
    for (const [k, value] of row.entries()) scores[k] = (scores[k] ?? 0) + value * weight
  }
  return softmax(scores)
}

function softmax(scores: readonly number[]): number[] {
  // Of differences to the highest, so that no power overflows.
  const highest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** The class with the highest probability; of equals the first. */
export function likeliest(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities))
}
