import { PipewrightError } from '@pipewright/engine'
import { loadModel } from '@pipewright/engine/model'

import { contractViolated } from '../protocol/scoring-error.ts'
import { rowShape } from './row-shape.ts'
import type { Scorer } from './scorer.ts'
import { toRows } from './to-rows.ts'

/** A model made by Pipewright: its inference pipeline, in this thread. */
export async function openPipewrightScorer(folder: string): Promise<Scorer> {
  const model = await loadModel(folder)
  const shape = rowShape(model.manifest.inputSchema)
  return {
    kindOf: (column) => shape.fields?.get(column)?.kind,
    async predict(input) {
      try {
        return await model.predict(toRows(input, shape))
      } catch (error) {
        if (error instanceof PipewrightError && error.code === 'INVALID_MODEL_INPUT') {
          throw contractViolated(error.message)
        }
        throw error
      }
    },
    close: async () => model.close(),
  }
}
