import { expect, test } from 'vitest'

import type { Gain } from '../models/verdict.ts'
import { writeModelCard, type ModelCardFacts } from './model-card.ts'
import { plotSvg } from './plot.ts'

const better: Gain = { mean: 0.1, standardError: 0.01, verdict: 'better' }
const ahead: Gain = { mean: 0.01, standardError: 0.02, verdict: 'undecided' }
const behind: Gain = { mean: -0.01, standardError: 0.02, verdict: 'undecided' }
const scores = ['boosting', 'majority'].map((model) => ({
  model,
  days: 2,
  accuracy: 0.5,
  logLoss: 0.6,
}))

function facts(accuracy: Gain, logLoss: Gain): ModelCardFacts {
  return {
    model: { kind: 'boosting', base: 0, learningRate: 0.1, trees: [0] },
    training: { from: '2012-01-31', to: '2013-12-31' },
    trainingDays: 701,
    scores,
    verdict: {
      from: '2015-01-01',
      to: '2015-02-01',
      model: scores[0]!,
      baselines: [scores[1]!],
      gains: [{ baseline: 'majority', accuracy, logLoss }],
    },
    asOf: '2015-12-31',
    seed: 7,
  }
}

test('the card claims a win only when every comparison is clear', () => {
  expect(writeModelCard(facts(better, better))).toContain('**The model beats both baselines')
  const close = writeModelCard(facts(ahead, better))
  expect(close).toContain('**The model is ahead of majority on accuracy, but not clearly.**')
  expect(close).not.toContain('beats both')
})

test('the card says when a baseline is not beaten', () => {
  const card = writeModelCard(facts(behind, better))
  expect(card).toContain('**The model does not beat majority on accuracy.**')
  expect(card).toContain('accuracy worse by 1.0 ± 2.0 points')
})

test('the plot is one SVG document with the scores in it', async () => {
  const days = ['2015-01-01', '2015-02-01'].map((date) => ({
    date,
    rain: true,
    model: 0.8,
    majority: 0.4,
    persistence: 0.7,
  }))
  const svg = await plotSvg(scores, days, facts(better, better).verdict)
  expect(svg).toMatch(/^<svg .*<\/svg>$/s)
  expect(svg).toContain('2015-02')
  expect(svg).toContain('0.600')
})
