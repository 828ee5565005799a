import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { ConfigError, DatasetError, PipewrightError } from '../errors.ts'
import { credentialsOf, type CatalogAccess } from './catalog-access.ts'
import type { StreamSource } from './driver.ts'
import type { CatalogEntry } from './entry.ts'
import { errorCode, isAbsent, makeFolder, readWholeFile, writeWholeFile } from './local-file.ts'
import { localPathOf, openStoredFile, type StoredFile } from './open-storage.ts'
import {
  addressOf,
  listRemoteVersions,
  readRemote,
  remoteSource,
  writeRemote,
  writeRemoteStream,
} from './remote-file.ts'
import { digestOf, fileSource } from './stream-source.ts'

/** The file, or the folder of versions, of a catalog entry. */
export interface CatalogFile {
  readonly dataset: string
  /** A path or an address, for people and records: it holds no secret. */
  readonly path: string
  readonly versioned: boolean
  /** What it lies in, when that is not the file system of this machine. */
  readonly stored?: StoredFile | undefined
}

const versionName = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/

/** A catalog version's name for a moment, as Kedro writes it: `2026-11-23T16.44.18.123Z`. They sort by time. */
export function catalogVersion(moment: Date): string {
  return moment.toISOString().replaceAll(':', '.')
}

/**
 * The file of a catalog entry; undefined for one that has none.
 *
 * @param access How to reach what lies elsewhere than on this machine.
 * @throws DatasetError `DATASET_PATH_UNSUPPORTED` for an address that nobody here can reach.
 */
export function catalogFile(
  dataset: string,
  entry: CatalogEntry,
  root: string,
  access: CatalogAccess = {},
): CatalogFile | undefined {
  const { filepath, versioned } = entry
  if (filepath === null) return undefined
  try {
    const stored = openStoredFile(filepath, root, {
      network: access.network,
      credentials: credentialsOf(entry.credentials, access),
    })
    if (stored !== undefined) return { dataset, path: addressOf(stored), versioned, stored }
    return { dataset, path: localPathOf(filepath, root) ?? filepath, versioned }
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    throw new DatasetError(
      'DATASET_PATH_UNSUPPORTED',
      `Dataset '${dataset}' lies where Pipewright cannot reach it. ${cause.message}`,
      { dataset, ...(cause.hint !== undefined && { hint: cause.hint }), cause },
    )
  }
}

/**
 * Versions that are there, newest first; none for an entry that is not versioned.
 *
 * @throws DatasetError `DATASET_NOT_READABLE`
 */
export async function listVersions(file: CatalogFile): Promise<readonly string[]> {
  if (!file.versioned) return []
  return await reading(file, file.path, async () => {
    if (file.stored !== undefined) {
      const names = await listRemoteVersions(file.stored)
      return names.filter((name) => versionName.test(name)).toSorted(descending)
    }
    const found = await readdir(file.path, { withFileTypes: true }).catch(absentAsEmpty)
    const names = found
      .filter((entry) => entry.isDirectory() && versionName.test(entry.name))
      .map((entry) => entry.name)
    const whole = await Promise.all(
      names.map(async (name) => await isFile(versionPath(file, name))),
    )
    return names.filter((_, index) => whole[index]).toSorted(descending)
  })
}

/**
 * The path to read: the entry's own, or of one version. Undefined when it is not there.
 *
 * @param version Default: the newest.
 * @throws DatasetError `DATASET_NOT_READABLE`, `DATASET_VERSION_INVALID`
 */
export async function findCatalogFile(
  file: CatalogFile,
  version?: string,
): Promise<string | undefined> {
  const chosen = version ?? (file.versioned ? (await listVersions(file))[0] : undefined)
  if (file.versioned && chosen === undefined) return undefined
  const path = chosen === undefined ? file.path : versionPath(file, chosen)
  // Elsewhere one request tells whether it is there, and brings it.
  if (file.stored !== undefined) return path
  return await reading(file, path, async () => ((await isFile(path)) ? path : undefined))
}

/** Bytes that `findCatalogFile` found. @throws DatasetError `DATASET_NOT_READABLE` */
export async function readCatalogFile(
  file: CatalogFile,
  path: string,
): Promise<Uint8Array | undefined> {
  const { stored } = file
  return await reading(file, path, async () =>
    stored === undefined ? await readWholeFile(path) : await readRemote(stored, path),
  )
}

/** The same for a value that need not fit memory; undefined for what its place cannot give piece by piece. */
export async function catalogSource(
  file: CatalogFile,
  path: string,
): Promise<StreamSource | undefined> {
  const { stored } = file
  return await reading(file, path, async () =>
    stored === undefined ? await fileSource(path) : await remoteSource(stored, path),
  )
}

async function reading<T>(file: CatalogFile, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const known = cause instanceof PipewrightError ? cause.hint : undefined
    throw new DatasetError(
      'DATASET_NOT_READABLE',
      `Dataset '${file.dataset}' cannot be read from ${path}: ${reason.replace(/\.$/, '')}.`,
      {
        dataset: file.dataset,
        hint: known ?? 'Check that this user may read the file, and the disk.',
        cause,
      },
    )
  }
}

/**
 * Publishes bytes at the entry's path, or as a version of it. To publish the same again changes nothing.
 *
 * @returns the path written.
 * @throws DatasetError `DATASET_VERSION_EXISTS` when the version is there with other bytes; `DATASET_NOT_WRITABLE`
 * @throws InfrastructureError `STORAGE_FAILED` when a storage that is not of this machine does not answer: try again.
 */
export async function writeCatalogFile(
  file: CatalogFile,
  bytes: Uint8Array,
  version: string,
): Promise<string> {
  const path = file.versioned ? versionPath(file, version) : file.path
  const { stored } = file
  if (stored !== undefined) {
    if (await writeRemote({ ...file, stored }, path, bytes)) return path
    throw versionExists(file, path)
  }
  try {
    const present = file.versioned ? await readWholeFile(path) : undefined
    if (present !== undefined) {
      if (Buffer.compare(present, bytes) === 0) return path
      throw versionExists(file, path)
    }
    await makeFolder(dirname(path))
    await writeWholeFile(path, bytes)
    return path
  } catch (error) {
    if (error instanceof DatasetError) throw error
    throw notWritable(file, path, error)
  }
}

/**
 * The same for a value that need not fit memory.
 *
 * @throws DatasetError as `writeCatalogFile`
 */
export async function writeCatalogStream(
  file: CatalogFile,
  { source, sha256 }: { readonly source: StreamSource; readonly sha256: string },
  version: string,
): Promise<string> {
  const path = file.versioned ? versionPath(file, version) : file.path
  const present = file.versioned ? await presentDigest(file, path) : undefined
  if (present === sha256) return path
  if (present !== undefined) throw versionExists(file, path)
  const { stored } = file
  try {
    if (stored !== undefined) await writeRemoteStream(stored, path, source.pieces())
    else {
      await makeFolder(dirname(path))
      await writeWholeFile(path, source.pieces())
    }
    return path
  } catch (error) {
    if (error instanceof PipewrightError) throw error
    throw notWritable(file, path, error)
  }
}

async function presentDigest(file: CatalogFile, path: string): Promise<string | undefined> {
  if (file.stored === undefined && !(await isFile(path))) return undefined
  const source = await catalogSource(file, path)
  return source && (await digestOf(source))
}

function versionPath(file: CatalogFile, version: string): string {
  if (!versionName.test(version)) {
    throw new DatasetError(
      'DATASET_VERSION_INVALID',
      `${JSON.stringify(version.slice(0, 100))} cannot be a version of dataset '${file.dataset}'.`,
      { dataset: file.dataset, hint: 'A version is a time, such as 2026-11-23T16.44.18.123Z.' },
    )
  }
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  if (file.stored !== undefined) return `${file.path}/${version}/${name}`
  return join(file.path, version, basename(file.path))
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function versionExists(file: CatalogFile, path: string): DatasetError {
  return new DatasetError(
    'DATASET_VERSION_EXISTS',
    `Dataset '${file.dataset}' already has another content at ${path}.`,
    { dataset: file.dataset, hint: 'A version never changes: publish under another one.' },
  )
}

function notWritable(file: CatalogFile, path: string, cause: unknown): DatasetError {
  const code = errorCode(cause)
  const isFolder =
    code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR'
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DatasetError(
    'DATASET_NOT_WRITABLE',
    `Dataset '${file.dataset}' cannot be written to ${path}: ${reason}.`,
    {
      dataset: file.dataset,
      hint: isFolder
        ? 'A versioned dataset is a folder, another a file: move what is there, or change `versioned`.'
        : 'Check that the folder has space and that this user may write to it.',
      cause,
    },
  )
}

function absentAsEmpty(error: unknown): [] {
  if (isAbsent(error)) return []
  throw error
}

function descending(a: string, b: string): number {
  return a < b ? 1 : a > b ? -1 : 0
}
