import type { DatasetReference } from '@pipewright/engine/internal'
import {
  manifestFile,
  ModelManifest,
  unpackFiles,
  type PackageFiles,
} from '@pipewright/engine/model'

import type { RecordingContext } from '../recording.ts'

/** A packed model that a node made. */
export interface ModelPackage {
  readonly manifest: ModelManifest
  readonly files: PackageFiles
}

/** The outputs of a node that are models. */
export function modelsAmong(outputs: readonly DatasetReference[]): readonly DatasetReference[] {
  return outputs.filter(({ format }) => format === 'model')
}

/** Reads a packed model from the runs' store. Gives the reason when it cannot be read. */
export async function readPackage(
  { readStore }: RecordingContext,
  { uri }: DatasetReference,
): Promise<ModelPackage | string> {
  if (uri === undefined) return 'the ledger does not say where it lies'
  try {
    const tar = await readStore(uri)
    if (tar === undefined) return `the store has no ${uri}`
    const files = await unpackFiles(tar)
    const text = new TextDecoder().decode(files.get(manifestFile))
    return { files, manifest: ModelManifest.parse(JSON.parse(text)) }
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}
