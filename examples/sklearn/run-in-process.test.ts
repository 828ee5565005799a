import { runPipeline } from '@pipewright/engine/testing'
import { expect, test } from 'vitest'

import { model, modelCard, pythonForecasts, verdict } from './datasets.ts'
import { training } from './pipelines/training.ts'

test('TypeScript and Python forecast the same with the model that Python trained', async () => {
  const run = await runPipeline(training)
  expect(run.nodes.filter((node) => node.status !== 'succeeded')).toEqual([])
  const { images, accuracy, baseline, largestDifference } = run.output(verdict)
  expect(images).toBe(445)
  expect(accuracy).toBeGreaterThan(0.94)
  // More would be a sign that an answer has leaked into the images.
  expect(accuracy).toBeLessThan(0.985)
  expect(baseline).toBeLessThan(0.15)
  expect(largestDifference).toBeLessThan(0.00001)
  expect(run.output(pythonForecasts)).toHaveLength(images)
  expect(run.output(model).byteLength).toBeGreaterThan(2000)
  expect(run.output(modelCard)).toContain(`${(accuracy * 100).toFixed(1)} %`)
  const folds = run.nodes.find(({ name }) => name === 'train')?.metrics
  expect(folds?.['fold_accuracy']).toBeGreaterThan(0.93)
}, 300_000)
