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

it('the bare name of a promoted metric is what follows the node, whose name may have dots', () => {
  const points = parentMetrics(plan('eu.evaluate.f1.macro'), [
    ended('eu.evaluate', { 'f1.macro': 0.7 }),
  ])
  expect(points.map(({ key }) => key)).toEqual(['eu.evaluate.f1.macro', 'f1.macro'])
})

it('of mapped nodes that are recorded as a table the parent has mean, least and greatest value', () => {
  const nodes = [
    ended('score[0]', { f1: 0.25, odd: 'NaN' }),
    ended('score[1]', { f1: 0.75 }),
    ended('join', { total: 2 }),
  ]
  const points = parentMetrics(plan('score.f1'), nodes, 'table')
  expect(points.map(({ key, value }) => [key, value])).toEqual([
    ['join.total', 2],
    ['score.f1.mean', 0.5],
    ['f1', 0.5],
    ['score.f1.min', 0.25],
    ['score.f1.max', 0.75],
  ])
})
