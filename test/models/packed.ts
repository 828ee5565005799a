import { runPipeline } from '@pipewright/engine/testing'

import { sentiment } from './project/sentiment.ts'

/** Rows and labels that the fixture is trained on. */
export const rows = [
  { text: 'A joy from start to end', stars: 5, tags: ['long'] },
  { text: 'Dull, dull, dull', tags: [] },
  { text: 'What a joy', stars: 4, tags: [] },
]
export const labels = [true, false, true]

/** The fixture's model, trained and packed in this process. */
export async function packedModel(rate = 1): Promise<Uint8Array> {
  const run = await runPipeline(sentiment.training, {
    inputs: { reviews: rows, labels },
    params: { train: { rate } },
  })
  const failed = run.nodes.find(({ error }) => error !== undefined)
  if (failed?.error !== undefined) throw new Error(`${failed.name}: ${failed.error.message}`)
  return run.output(sentiment.model)
}
