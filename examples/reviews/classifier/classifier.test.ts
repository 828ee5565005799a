import { expect, test } from 'vitest'

import { classProbabilities, likeliest } from './classifier.ts'

const classifier = { biases: [0, 1], weights: [[2, 0]] }

test('probabilities add up to 1 and follow the weights', () => {
  const [a = 0, b = 0] = classProbabilities(classifier, [{ term: 0, weight: 1 }])
  expect(a + b).toBeCloseTo(1)
  expect(a / b).toBeCloseTo(Math.exp(2 - 1))
})

test('a term that the classifier has not learnt counts for nothing', () => {
  expect(classProbabilities(classifier, [{ term: 7, weight: 1 }])).toEqual(
    classProbabilities(classifier, []),
  )
})

test('large weights do not overflow', () => {
  expect(classProbabilities({ biases: [1e4, 0], weights: [] }, [])).toEqual([1, 0])
})

test('of equals the first class is the likeliest', () => {
  expect(likeliest([0.4, 0.4, 0.2])).toBe(0)
})
