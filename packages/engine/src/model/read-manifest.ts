import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { UsageError } from '../errors.ts'
import { manifestFile, ModelManifest } from './manifest.ts'

/** The manifest of an unpacked model. @throws UsageError `MODEL_INVALID` */
export async function readManifest(folder: string): Promise<ModelManifest> {
  const path = join(folder, manifestFile)
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
  const parsed = ModelManifest.safeParse(content)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(path, `${issue?.path.join('.')}: ${issue?.message}`, parsed.error)
}

function invalid(path: string, reason: string, cause: unknown): UsageError {
  return new UsageError('MODEL_INVALID', `${path} does not describe a model: ${reason}.`, {
    hint: 'Give the folder of a model that Pipewright packed, such as the artifacts of a model version in MLflow.',
    cause,
  })
}
