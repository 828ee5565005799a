import { expect, test } from 'vitest'

import { scoreClassifier } from './score.ts'

test('accuracy, F1 by class and their mean are those of the textbook', () => {
  // It answers class 0 for term 0 and class 1 for all else.
  const classifier = { biases: [0, 1], weights: [[5, 0]] }
  const zero = { terms: [{ term: 0, weight: 1 }] }
  const none = { terms: [] }
  const score = scoreClassifier(classifier, [
    { ...zero, class: 0 },
    { ...none, class: 0 },
    { ...none, class: 1 },
    { ...none, class: 1 },
    { ...none, class: 1 },
  ])
  expect(score).toMatchObject({ examples: 5, accuracy: 0.8, majorityAccuracy: 0.6 })
  expect(score.classes).toMatchObject([
    { examples: 2, precision: 1, recall: 0.5 },
    { examples: 3, precision: 0.75, recall: 1 },
  ])
  expect(score.f1).toBeCloseTo((2 / 3 + 6 / 7) / 2)
})
