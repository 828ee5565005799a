import { runPipeline } from '@pipewright/engine/testing'
import { expect, test } from 'vitest'

import {
  modelCard,
  ranking,
  reportPlot,
  selectedModel,
  testForecasts,
  verdict,
} from './datasets.ts'
import { training } from './pipelines/training.ts'
import { readRawDays } from './real-days.ts'

const inputs = { raw_days: readRawDays() }
// The formats of conf/base/catalog.yml for the tables, so that every number also survives a CSV file.
const catalog = Object.fromEntries(
  ['days', 'features', 'training_rows', 'selection_rows', 'test_rows', 'test_forecasts'].map(
    (name) => [name, { type: 'csv', filepath: `${name}.csv`, versioned: false }],
  ),
)
const run = await runPipeline(training, { inputs, catalog })

test('the whole pipeline runs in this process', () => {
  expect(run.nodes.filter((node) => node.status !== 'succeeded')).toEqual([])
  expect(run.status).toBe('succeeded')
  expect(run.nodes).toHaveLength(13)
})

test('the scores lie where honest ones of this problem lie', () => {
  const { model, baselines, from, to } = run.output(verdict)
  expect([from, to, model.days]).toEqual(['2015-01-01', '2015-12-31', 365])
  expect(model.accuracy).toBeGreaterThan(0.65)
  // Higher, or a lower loss, would be a sign that an answer has leaked into the features.
  expect(model.accuracy).toBeLessThan(0.8)
  expect(model.logLoss).toBeGreaterThan(0.45)
  expect(model.logLoss).toBeLessThan(0.6)
  expect(baselines.map(({ accuracy }) => Number(accuracy.toFixed(4)))).toEqual([0.6055, 0.7041])
})

test('the candidate with the lowest log-loss on 2014 is the one that is tested', () => {
  const [best, ...others] = run.output(ranking)
  expect(others.every(({ logLoss }) => logLoss >= (best?.logLoss ?? Infinity))).toBe(true)
  expect(run.output(selectedModel).kind).toBe(best?.model)
  expect(run.output(verdict).model.model).toBe(best?.model)
})

test('the metrics of the test are the numbers of the card', () => {
  const metrics = run.nodes.find((node) => node.name === 'test')?.metrics
  const { model } = run.output(verdict)
  expect(metrics).toMatchObject({ accuracy: model.accuracy, log_loss: model.logLoss })
  expect(run.output(modelCard)).toContain(model.logLoss.toFixed(3))
  expect(run.output(reportPlot)).toContain('<svg')
  expect(run.output(testForecasts)).toHaveLength(365)
})

test('the same seed gives the same run, number for number', async () => {
  const again = await runPipeline(training, { inputs, catalog })
  expect(again.outputs).toEqual(run.outputs)
}, 120_000)

test('a retraining as of June is a param', async () => {
  const june = await runPipeline(training, { inputs, params: { asOf: '2015-06-30' } })
  expect(june.output(verdict)).toMatchObject({ from: '2014-07-01', to: '2015-06-30' })
})

test('data that end before asOf fail the first node, and nothing after it runs', async () => {
  const late = await runPipeline(training, { inputs, params: { asOf: '2016-01-31' } })
  const [first, ...others] = late.nodes
  expect(first).toMatchObject({ name: 'clean', status: 'failed', attempts: 1 })
  expect(others.every((node) => node.status === 'skipped')).toBe(true)
})
