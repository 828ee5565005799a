import { runPipeline } from '@pipewright/engine/testing'
import { expect, test } from 'vitest'

import { instances, labels, learningPlot, predictions, score, sections } from './datasets.ts'
import { etl } from './pipelines/etl.ts'
import { inference, training } from './pipelines/training.ts'
import { readCorpus } from './real-corpus.ts'

const { entries, stopwords } = readCorpus()
const made = await runPipeline(etl, { inputs: { entries } })
const trained = await runPipeline(training, { inputs: { ...made.outputs, stopwords } })

test('ETL and training run in this process', () => {
  const all = [...made.nodes, ...trained.nodes]
  expect(all.filter(({ status }) => status !== 'succeeded')).toEqual([])
  expect(made.output(instances)).toHaveLength(1392)
  expect(trained.output(sections)).toHaveLength(12)
})

test('the score lies where an honest one of this corpus lies', () => {
  const { accuracy, f1, majorityAccuracy, examples } = trained.output(score)
  expect(examples).toBe(made.output(labels).filter(({ part }) => part === 'test').length)
  expect(majorityAccuracy).toBeLessThan(0.2)
  for (const share of [accuracy, f1]) {
    expect(share).toBeGreaterThan(0.85)
    // Higher would be a sign that texts of the test have been learnt.
    expect(share).toBeLessThan(0.95)
  }
})

test('the plot names each section', () => {
  for (const section of trained.output(sections)) {
    expect(trained.output(learningPlot)).toContain(`>${section}</text>`)
  }
})

test('inference has the five nodes that it shares with training, and two of its own', async () => {
  const shared = inference.nodes.filter((node) => training.nodes.includes(node))
  expect([inference.nodes.length, shared.length]).toEqual([7, 5])
  const run = await runPipeline(inference, {
    inputs: {
      ...Object.fromEntries(
        ['vocabulary', 'classifier', 'sections'].map((name) => [name, trained.outputs[name]]),
      ),
      stopwords,
      instances: [
        { text: 'Creates a cipher with the given key and initialization vector.' },
        { text: 'Removes the directory and all files in it.' },
      ],
    },
  })
  expect(run.output(predictions).map(({ section }) => section)).toEqual(['crypto', 'fs'])
})
