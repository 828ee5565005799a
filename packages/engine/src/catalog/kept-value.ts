import { hash } from 'node:crypto'

import { DatasetError } from '../errors.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { StreamSource } from './driver.ts'
import type { Storage } from './storage.ts'
import { bufferSource, storageSource, verifiedSource } from './stream-source.ts'

/** Where an encoded value lies, for messages. */
export function whereKept(storage: Storage, { inline, uri }: DatasetReference): string {
  if (inline !== undefined) return 'the ledger'
  if (uri === undefined) return 'no place at all'
  return storage.localPath?.(uri) ?? `${storage.url}/${uri}`
}

/**
 * The encoded value of a reference, checked.
 *
 * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_CORRUPT`. @throws InfrastructureError `STORAGE_FAILED`
 */
export async function keptBytes(
  storage: Storage,
  reference: DatasetReference,
): Promise<Uint8Array> {
  const { inline, uri } = reference
  if (inline !== undefined) return Buffer.from(inline, 'utf8')
  const bytes = uri === undefined ? undefined : await storage.read(uri)
  if (bytes === undefined) throw gone(storage, reference)
  if (bytes.byteLength === reference.bytes && hash('sha256', bytes) === reference.sha256)
    return bytes
  throw corrupt(storage, reference, bytes.byteLength)
}

/** The same for a value that need not fit memory: its reader learns while it reads that it is not what was written. */
export async function keptSource(
  storage: Storage,
  reference: DatasetReference,
): Promise<StreamSource> {
  const { inline, uri } = reference
  if (inline !== undefined) return bufferSource(Buffer.from(inline, 'utf8'))
  const absent = (): DatasetError => gone(storage, reference)
  const source = uri === undefined ? undefined : await storageSource(storage, uri, absent)
  if (source === undefined) throw absent()
  return verifiedSource(source, reference, (bytes) => corrupt(storage, reference, bytes))
}

function gone(storage: Storage, reference: DatasetReference): DatasetError {
  const { dataset } = reference
  const where = whereKept(storage, reference)
  return new DatasetError('DATASET_NOT_FOUND', `Dataset '${dataset}' is not at ${where}.`, {
    dataset,
    hint: 'Check that this machine reaches the same store as the one that wrote it, and how long runs are kept.',
  })
}

function corrupt(storage: Storage, reference: DatasetReference, bytes: number): DatasetError {
  const { dataset, sha256 } = reference
  return new DatasetError(
    'DATASET_CORRUPT',
    `Dataset '${dataset}' at ${whereKept(storage, reference)} is not what was written: ${bytes} bytes found, ` +
      `${reference.bytes} with sha256 ${sha256.slice(0, 12)}… recorded.`,
    { dataset, hint: 'Files of the store must not be edited. Run the pipeline again.' },
  )
}
