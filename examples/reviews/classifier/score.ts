import * as z from 'zod'

import { classProbabilities, likeliest, type Classifier } from './classifier.ts'
import type { Example } from './example.ts'

const Share = z.number().min(0).max(1)

/** How well a classifier does on examples that it has not learnt from. */
export const Score = z.object({
  examples: z.int(),
  accuracy: Share,
  /** Accuracy of always answering the most frequent class of these examples. */
  majorityAccuracy: Share,
  /** Mean of the classes' F1: every class counts the same, whatever its size. */
  f1: Share,
  /** Mean negative logarithm of the probability that the right class was given. */
  logLoss: z.number().nonnegative(),
  classes: z.array(z.object({ examples: z.int(), precision: Share, recall: Share, f1: Share })),
})
export type Score = z.infer<typeof Score>

/** Scores a classifier. `examples` must not be empty. */
export function scoreClassifier(classifier: Classifier, examples: readonly Example[]): Score {
  const answers = examples.map((example) => {
    const probabilities = classProbabilities(classifier, example.terms)
    return {
      right: example.class,
      given: likeliest(probabilities),
      loss: -Math.log(Math.max(probabilities[example.class] ?? 0, Number.MIN_VALUE)),
    }
  })
  const classes = classifier.biases.map((_, k) => scoreClass(answers, k))
  return {
    examples: examples.length,
    accuracy: share(answers.filter(({ right, given }) => right === given).length, answers.length),
    majorityAccuracy: share(Math.max(...classes.map((each) => each.examples)), answers.length),
    f1: mean(classes.map(({ f1 }) => f1)),
    logLoss: mean(answers.map(({ loss }) => loss)),
    classes,
  }
}

function scoreClass(
  answers: readonly { readonly right: number; readonly given: number }[],
  k: number,
): Score['classes'][number] {
  const examples = answers.filter(({ right }) => right === k).length
  const given = answers.filter(({ given }) => given === k).length
  const hits = answers.filter(({ right, given }) => right === k && given === k).length
  return {
    examples,
    precision: share(hits, given),
    recall: share(hits, examples),
    f1: share(2 * hits, examples + given),
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
