import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { history } from './history.ts'
import { metric } from './metric.ts'
import { metrics } from './metrics.ts'

const f1 = dataset('f1', z.unknown())
const notJson = { name: 'half of a JSON text', dataset: f1, bytes: Buffer.from('{"a":') }

describe('the metric driver', () => {
  const suite = driverConformance({
    driver: metric,
    samples: [
      { name: 'a number', dataset: f1, value: 0.75 },
      { name: 'not a number', dataset: f1, value: Number.NaN },
      { name: 'an infinity', dataset: f1, value: Number.NEGATIVE_INFINITY },
    ],
    refused: [
      { name: 'text', dataset: f1, value: '0.75', path: '/' },
      { name: 'a list', dataset: f1, value: [0.75], path: 'array' },
    ],
    broken: [notJson],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

describe('the history driver', () => {
  const suite = driverConformance({
    driver: history,
    samples: [
      { name: 'a list of values', dataset: f1, value: [0.9, 0.5, Number.NaN] },
      { name: 'no values', dataset: f1, value: [] },
      { name: 'values by step', dataset: f1, value: { 0: 0.9, 10: 0.5 } },
      {
        name: 'points',
        dataset: f1,
        value: [
          { step: 0, value: 0.9 },
          { step: 5, value: 0.5, timestamp: 1_764_000_000_000 },
        ],
      },
    ],
    refused: [
      { name: 'a number', dataset: f1, value: 3, path: '/' },
      { name: 'text among the values', dataset: f1, value: [1, 'two'], path: '/1' },
      { name: 'a key that is no step', dataset: f1, value: { first: 1 }, path: '/first' },
      { name: 'half a step', dataset: f1, value: [{ value: 1, step: 0.5 }], path: '/0/step' },
    ],
    broken: [notJson],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

describe('the metrics driver', () => {
  const suite = driverConformance({
    driver: metrics,
    samples: [
      {
        name: 'single points and lists',
        dataset: f1,
        value: {
          f1: { value: 0.8, step: 0 },
          loss: [
            { value: 1, step: 0 },
            { value: 0.5, step: 1 },
          ],
        },
      },
      { name: 'nothing', dataset: f1, value: {} },
    ],
    refused: [
      { name: 'a list', dataset: f1, value: [], path: '/' },
      { name: 'a bare number', dataset: f1, value: { f1: 0.8 }, path: '/f1' },
      {
        name: 'a point without a value',
        dataset: f1,
        value: { f1: [{ step: 1 }] },
        path: '/f1/0/value',
      },
    ],
    broken: [notJson],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})
