import type { NodeFinished, Plan } from '@pipewright/engine/internal'
import { expect, it } from 'vitest'

import { metricPoints, parentMetrics } from './metrics.ts'

const plan = (...metrics: string[]): Plan => ({
  version: 1,
  pipeline: 'p',
  nodes: [],
  inputs: [],
  outputs: [],
  metrics,
  tags: {},
})
const ended = (node: string, finalMetrics: NodeFinished['finalMetrics']): NodeFinished => ({
  type: 'node_finished',
  run: 'r',
  node,
  index: 0,
  attempt: 1,
  startedAt: 1,
  endedAt: 99,
  worker: 'w',
  metrics: [],
  status: 'succeeded',
  outputs: [],
  finalMetrics,
})

it('steps and times are whole numbers', () => {
  expect(metricPoints([['loss', 0.5, 1.4, 10.6]])).toEqual([
    { key: 'loss', value: 0.5, step: 1, timestamp: 11 },
  ])
})

it('the parent has every final metric of its nodes, and the promoted ones under their bare names', () => {
  const points = parentMetrics(plan('evaluate.f1'), [
    ended('train', { loss: 'NaN' }),
    ended('evaluate', { f1: 0.7, 'per.class': 0.1 }),
  ])
  expect(points.map(({ key, value }) => [key, value])).toEqual([
    ['train.loss', 'NaN'],
    ['evaluate.f1', 0.7],
    ['f1', 0.7],
    ['evaluate.per.class', 0.1],
  ])
  expect(points.every(({ timestamp, step }) => timestamp === 99 && step === 0)).toBe(true)
})

it('two promoted metrics of one bare name are not mixed', () => {
  const points = parentMetrics(plan('a.f1', 'b.f1'), [ended('a', { f1: 1 }), ended('b', { f1: 2 })])
  expect(points.map(({ key }) => key)).toEqual(['a.f1', 'b.f1'])
})
