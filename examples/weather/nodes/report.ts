import { node } from '@pipewright/engine'

import {
  baselineScores,
  modelCard,
  ranking,
  reportPlot,
  selectedModel,
  testForecasts,
  trainingRows,
  verdict,
} from '../datasets.ts'
import { asOf, seed } from '../params.ts'
import { writeModelCard } from '../report/model-card.ts'
import { plotSvg } from '../report/plot.ts'

export const report = node({
  name: 'report',
  inputs: { trainingRows, selectedModel, ranking, baselineScores, testForecasts, verdict },
  outputs: { reportPlot, modelCard },
  params: { asOf, seed },
  tags: ['report'],
  timeout: '2m',
  async run(inputs, { params }) {
    const scores = [...inputs.ranking, ...inputs.baselineScores]
    const [first, last] = [inputs.trainingRows[0], inputs.trainingRows.at(-1)]
    return {
      reportPlot: await plotSvg(scores, inputs.testForecasts, inputs.verdict),
      modelCard: writeModelCard({
        model: inputs.selectedModel,
        training: { from: first?.forecastDate ?? '', to: last?.forecastDate ?? '' },
        trainingDays: inputs.trainingRows.length,
        scores,
        verdict: inputs.verdict,
        asOf: params.asOf,
        seed: params.seed,
      }),
    }
  },
})
