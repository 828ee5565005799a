import { FatalNodeError, node } from '@pipewright/engine'

import {
  boostingModel,
  boostingScore,
  forestModel,
  forestScore,
  logisticModel,
  logisticScore,
  ranking,
  selectedModel,
} from '../datasets.ts'
import type { Score } from '../models/score.ts'

export const select = node({
  name: 'select',
  inputs: {
    logisticModel,
    forestModel,
    boostingModel,
    logisticScore,
    forestScore,
    boostingScore,
  },
  outputs: { selectedModel, ranking },
  tags: ['evaluation'],
  timeout: '1m',
  run(inputs, { metric, log }) {
    const ranking = rank([inputs.logisticScore, inputs.forestScore, inputs.boostingScore])
    const best = ranking[0]
    const selectedModel = [inputs.logisticModel, inputs.forestModel, inputs.boostingModel].find(
      (model) => model.kind === best?.model,
    )
    if (best === undefined || selectedModel === undefined) {
      throw new FatalNodeError(`No model belongs to the best score, "${best?.model}".`)
    }
    log.info('Model selected', { model: best.model, logLoss: best.logLoss })
    metric('accuracy', best.accuracy)
    metric('log_loss', best.logLoss)
    return { selectedModel, ranking }
  },
})

/** Lowest log-loss first. */
export function rank(scores: readonly Score[]): Score[] {
  return scores.toSorted((a, b) => a.logLoss - b.logLoss)
}
