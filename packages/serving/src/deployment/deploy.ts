import { InfrastructureError } from '@pipewright/engine'

import { readModelFolder } from '../model-folder.ts'
import { openPredictor, type PredictorOptions } from '../predictor/open-predictor.ts'
import type { FoundModel } from '../source/model-source.ts'
import { Deployment } from './deployment.ts'

/** Puts a version into service. */
export type Deploy = (model: FoundModel) => Promise<Deployment>

/**
 * Fetches a version, loads it, and lets it answer the example that it brings along: one that cannot do that is refused
 * before it gets a request.
 *
 * @throws UsageError or InfrastructureError; `MODEL_EXAMPLE_FAILED` when its own example gets no predictions
 */
export async function deploy(model: FoundModel, options: PredictorOptions): Promise<Deployment> {
  const folder = await readModelFolder(await model.fetch())
  const predictor = await openPredictor(folder, options)
  if (folder.example !== undefined) {
    const body = Buffer.from(folder.example)
    const answer = await predictor.score({ contentType: 'application/json', body })
    if (answer.outcome !== 'ok') {
      await predictor.close()
      throw new InfrastructureError(
        'MODEL_EXAMPLE_FAILED',
        `${model.id} does not answer its own example (serving_input_example.json): ${Buffer.from(answer.body).toString('utf8').slice(0, 500)}`,
        { hint: 'Load it in a script and predict its example, to see where it fails.' },
      )
    }
  }
  return new Deployment(model, predictor)
}
