import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'

import { packTar, unpackTar } from 'modern-tar'

import { DatasetError } from '../errors.ts'

/** Files of a model by their paths, with `/`. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>

/** Files as a tar. The same files give the same bytes, whoever packs them and when. */
export async function packFiles(files: PackageFiles): Promise<Uint8Array> {
  return await packTar(
    [...files]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, body]) => ({
        header: { name, size: body.byteLength, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 },
        body,
      })),
  )
}

/** The files of a model's tar. @throws DatasetError `MODEL_PACKAGE_INVALID` */
export async function unpackFiles(tar: Uint8Array): Promise<PackageFiles> {
  try {
    const entries = await unpackTar(tar, { strict: true })
    return new Map(
      entries
        .filter(({ header }) => header.type === 'file' || header.type === undefined)
        .map(({ header, data }) => [header.name, data ?? new Uint8Array()]),
    )
  } catch (cause) {
    throw notAPackage(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/**
 * Writes the files of a model's tar to a folder, whole or not at all. A folder that is there already is left as it is: it is
 * the same model.
 *
 * @throws DatasetError `MODEL_PACKAGE_INVALID`
 */
export async function unpackModel(tar: Uint8Array, folder: string): Promise<void> {
  await writeFiles(await unpackFiles(tar), folder)
}

/** Writes files to a folder that is not there yet, whole or not at all. */
export async function writeFiles(files: PackageFiles, folder: string): Promise<void> {
  const target = resolve(folder)
  await mkdir(dirname(target), { recursive: true })
  const staged = await mkdtemp(`${target}.`)
  try {
    for (const [name, body] of files) {
      const path = resolve(staged, name)
      if (!path.startsWith(staged + sep)) throw notAPackage(`${name} lies outside of it`)
      // oxlint-disable-next-line no-await-in-loop -- a dozen files
      await mkdir(dirname(path), { recursive: true })
      // oxlint-disable-next-line no-await-in-loop
      await writeFile(path, body)
    }
    await rename(staged, target)
  } catch (error) {
    if (!isTaken(error)) throw error
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
}

function isTaken(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}

function notAPackage(reason: string, cause?: unknown): DatasetError {
  return new DatasetError('MODEL_PACKAGE_INVALID', `This is no package of a model: ${reason}.`, {
    dataset: 'model',
    hint: 'Give the content of a dataset of the format `model`, as the packing node made it.',
    cause,
  })
}
