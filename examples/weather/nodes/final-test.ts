import { FatalNodeError, node } from '@pipewright/engine'

import { baselines, selectedModel, testForecasts, testRows, verdict } from '../datasets.ts'
import { baselineNames } from '../models/baseline.ts'
import { score } from '../models/score.ts'
import { compare } from '../models/verdict.ts'
import { baselineForecasts } from './baselines.ts'
import { forecasts } from './evaluate.ts'

/** The only node that reads the test. Nothing that it finds flows back into a choice. */
export const finalTest = node({
  name: 'test',
  inputs: { selectedModel, baselines, testRows },
  outputs: { testForecasts, verdict },
  tags: ['evaluation'],
  timeout: '1m',
  run({ selectedModel, baselines, testRows }, { metric, log }) {
    const [first, last] = [testRows[0], testRows.at(-1)]
    if (first === undefined || last === undefined) throw new FatalNodeError('The test has no days.')
    const ours = forecasts(selectedModel, testRows)
    const theirs = baselineNames.map((name) => ({
      name,
      forecasts: baselineForecasts(name, baselines, testRows),
    }))
    const verdict = {
      from: first.forecastDate,
      to: last.forecastDate,
      model: score(selectedModel.kind, ours),
      baselines: theirs.map(({ name, forecasts }) => score(name, forecasts)),
      gains: theirs.map(({ name, forecasts }) => ({ baseline: name, ...compare(ours, forecasts) })),
    }
    metric('accuracy', verdict.model.accuracy)
    metric('log_loss', verdict.model.logLoss)
    for (const { model, accuracy, logLoss } of verdict.baselines) {
      metric(`${model}_accuracy`, accuracy)
      metric(`${model}_log_loss`, logLoss)
    }
    for (const { baseline, accuracy, logLoss } of verdict.gains) {
      const fields = { baseline, accuracy: accuracy.verdict, logLoss: logLoss.verdict }
      if (accuracy.verdict === 'better' && logLoss.verdict === 'better') {
        log.info('The model beats the baseline', fields)
      } else log.warn('The model does not clearly beat the baseline', fields)
    }
    const [majority, persistence] = theirs
    const testForecasts = testRows.map((row, index) => ({
      date: row.forecastDate,
      rain: row.rainTomorrow,
      model: ours[index]?.probability ?? NaN,
      majority: majority?.forecasts[index]?.probability ?? NaN,
      persistence: persistence?.forecasts[index]?.probability ?? NaN,
    }))
    return { testForecasts, verdict }
  },
})
