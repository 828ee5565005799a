import {
  manifestFile,
  ModelManifest,
  packFiles,
  unpackFiles,
  type ModelEvaluation,
} from '@pipewright/engine/model'
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
export async function packedModel(): Promise<Uint8Array> {
  const run = await runPipeline(sentiment.training, { inputs: { reviews: rows, labels } })
  const failed = run.nodes.find(({ error }) => error !== undefined)
  if (failed?.error !== undefined) throw new Error(`${failed.name}: ${failed.error.message}`)
  return run.output(sentiment.model)
}

/** The same model under another name, as if it had been measured on other data. */
export async function repacked(
  tar: Uint8Array,
  changes: { readonly name: string; readonly evaluation?: ModelEvaluation },
): Promise<Uint8Array> {
  const files = new Map(await unpackFiles(tar))
  const text = new TextDecoder().decode(files.get(manifestFile))
  const manifest = { ...ModelManifest.parse(JSON.parse(text)), ...changes }
  files.set(manifestFile, new TextEncoder().encode(JSON.stringify(manifest)))
  return packFiles(files)
}
