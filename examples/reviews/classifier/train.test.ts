import { expect, test } from 'vitest'

import { classProbabilities, likeliest } from './classifier.ts'
import type { Epoch } from './epoch.ts'
import { trainClassifier } from './train.ts'

const options = {
  classes: 3,
  terms: 3,
  epochs: 30,
  learningRate: 0.5,
  decay: 0.0005,
  patience: 3,
  seed: 1,
}
const examples = [0, 1, 2].map((k) => ({ terms: [{ term: k, weight: 1 }], class: k }))

test('what can be told apart is learnt, and the loss falls', () => {
  const losses: number[] = []
  const classifier = trainClassifier(examples, examples, options, ({ trainingLoss }) => {
    losses.push(trainingLoss)
  })
  expect(examples.map(({ terms }) => likeliest(classProbabilities(classifier, terms)))).toEqual([
    0, 1, 2,
  ])
  expect(losses).toHaveLength(30)
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2)
})

test('the training ends early, and its classifier is the one that the validation liked best', () => {
  const epochs: Epoch[] = []
  const wrong = examples.map((example) => ({ ...example, class: (example.class + 1) % 3 }))
  const classifier = trainClassifier(examples, wrong, options, (epoch) => epochs.push(epoch))
  // Each epoch makes it worse on this validation, so the first was the best.
  expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4])
  const first = trainClassifier(examples, wrong, { ...options, epochs: 1 })
  expect(classifier).toEqual(first)
})

test('one seed gives one classifier', () => {
  const [first, again, other] = [5, 5, 6].map((seed) =>
    trainClassifier(examples, examples, { ...options, seed }),
  )
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})
