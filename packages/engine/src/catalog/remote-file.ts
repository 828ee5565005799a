import { DatasetError, InfrastructureError, PipewrightError } from '../errors.ts'
import type { StreamSource } from './driver.ts'
import type { StoredFile } from './open-storage.ts'
import { storageSource, writePieces } from './stream-source.ts'

/** A file of the catalog, as far as its content is concerned. */
interface RemoteFile {
  readonly dataset: string
  readonly versioned: boolean
  readonly stored: StoredFile
}

/** Where a file lies, for people and records. */
export function addressOf({ storage, path }: StoredFile): string {
  return `${storage.url}/${path}`
}

/** Names of the versions of a file, `<path>/<version>/<name>`, in no order. */
export async function listRemoteVersions({
  storage,
  path,
}: StoredFile): Promise<readonly string[]> {
  const paths = await storage.list(path)
  const file = path.slice(path.lastIndexOf('/') + 1)
  return paths.flatMap((each) => {
    const [version = '', name, ...deeper] = each.slice(path.length + 1).split('/')
    return name === file && deeper.length === 0 ? [version] : []
  })
}

/** The content of what lies at an address of a file or of one of its versions. */
export async function readRemote(
  { storage }: StoredFile,
  address: string,
): Promise<Uint8Array | undefined> {
  return await storage.read(pathAt(storage.url, address))
}

/** The same for a value that need not fit memory; undefined when nothing lies there. */
export async function remoteSource(
  { storage }: StoredFile,
  address: string,
): Promise<StreamSource | undefined> {
  return await storageSource(
    storage,
    pathAt(storage.url, address),
    () =>
      new InfrastructureError('STORAGE_FAILED', `${address} went away while it was read.`, {
        hint: 'Try again, and publish data by writing whole objects.',
      }),
  )
}

/** Writes pieces at the address of a file or of one of its versions, all of them or nothing. */
export async function writeRemoteStream(
  { storage }: StoredFile,
  address: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  await writePieces(storage, pathAt(storage.url, address), pieces)
}

/**
 * Publishes bytes at the address of a file or of one of its versions. To publish the same again changes nothing.
 *
 * @returns false when the version is there with other bytes.
 * @throws DatasetError `DATASET_NOT_WRITABLE` when another try must end the same way.
 * @throws InfrastructureError `STORAGE_FAILED`
 */
export async function writeRemote(
  { dataset, versioned, stored: { storage } }: RemoteFile,
  address: string,
  bytes: Uint8Array,
): Promise<boolean> {
  const path = pathAt(storage.url, address)
  try {
    const present = versioned ? await storage.read(path) : undefined
    if (present !== undefined) return Buffer.compare(present, bytes) === 0
    await storage.write(path, bytes)
    return true
  } catch (cause) {
    if (!(cause instanceof PipewrightError) || isPassing(cause)) throw cause
    throw new DatasetError(
      'DATASET_NOT_WRITABLE',
      `Dataset '${dataset}' cannot be written to ${address}: ${cause.message}`,
      { dataset, ...(cause.hint !== undefined && { hint: cause.hint }), cause },
    )
  }
}

function isPassing(error: PipewrightError): boolean {
  return error instanceof InfrastructureError && error.code === 'STORAGE_FAILED'
}

function pathAt(url: string, address: string): string {
  return address.slice(url.length + 1)
}
