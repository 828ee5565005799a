import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { resolve, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'

import { UsageError } from '../errors.ts'
import type { ModelManifest } from './manifest.ts'
import type { Model, ModelModule } from './model.ts'
import { readManifest } from './read-manifest.ts'

/**
 * Loads a model from the folder of its files, such as the artifacts of a model version. Needs no Redis and no network. The
 * code comes from the package and runs in this process; Node keeps it until the process ends, so load each version once.
 *
 * @throws UsageError `MODEL_INVALID` when the folder holds no model, or its files are not those that were packed
 *
 * @example
 * const model = await loadModel('models/sentiment')
 * const [first] = await model.predict([{ text: 'A joy from start to end.' }])
 */
export async function loadModel(folder: string): Promise<Model> {
  const root = resolve(folder)
  const manifest = await readManifest(root)
  await checkFiles(root, manifest)
  const imported: unknown = await import(pathToFileURL(join(root, manifest.code)).href)
  if (!isModelModule(imported))
    throw new UsageError(
      'MODEL_INVALID',
      `${join(root, manifest.code)} is not the code of a model.`,
      { hint: 'Pack the model again with this version of Pipewright.' },
    )
  return imported.open(root, manifest)
}

async function checkFiles(root: string, { files }: ModelManifest): Promise<void> {
  for (const [path, { sha256 }] of Object.entries(files)) {
    // oxlint-disable-next-line no-await-in-loop -- one file after the other is as fast from one disk
    const found = await digestOf(join(root, path))
    if (found === sha256) continue
    throw new UsageError(
      'MODEL_INVALID',
      found === undefined
        ? `The model in ${root} has no file ${path}.`
        : `${path} of the model in ${root} is not the file that was packed.`,
      { hint: 'A model is loaded as it was packed or not at all. Download it again.' },
    )
  }
}

async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch {
    return undefined
  }
  return hash.digest('hex')
}

function isModelModule(imported: unknown): imported is ModelModule {
  return (
    typeof imported === 'object' &&
    imported !== null &&
    'open' in imported &&
    typeof imported.open === 'function'
  )
}
