import { DatasetError } from '../errors.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import { keptBytes, keptSource } from './kept-value.ts'
import { PartitionManifest, partitionsFormat } from './partition-manifest.ts'
import type { Storage } from './storage.ts'

/** Whether what a commit recorded is still there, byte by byte. */
export type KeptState = 'there' | 'gone' | 'changed'

/**
 * Looks whether a committed value, with all partitions that it may have, lies in the store as it was written. It is read piece by
 * piece.
 *
 * @throws InfrastructureError `STORAGE_FAILED`
 */
export async function keptState(storage: Storage, reference: DatasetReference): Promise<KeptState> {
  try {
    if (reference.format === partitionsFormat) await readPartitions(storage, reference)
    else await readThrough(storage, reference)
    return 'there'
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error
    if (error.code === 'DATASET_NOT_FOUND') return 'gone'
    if (error.code === 'DATASET_CORRUPT') return 'changed'
    throw error
  }
}

async function readPartitions(storage: Storage, reference: DatasetReference): Promise<void> {
  const bytes = await keptBytes(storage, reference)
  const { partitions } = PartitionManifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  // oxlint-disable-next-line no-await-in-loop -- one file after the other: each may be large
  for (const [, one] of partitions) await readThrough(storage, one)
}

/** A value in the reference itself is as it was written. */
async function readThrough(storage: Storage, reference: DatasetReference): Promise<void> {
  if (reference.inline !== undefined) return
  const source = await keptSource(storage, reference)
  const pieces = source.pieces()[Symbol.asyncIterator]()
  // oxlint-disable-next-line no-await-in-loop -- its digest is checked at the end
  while ((await pieces.next()).done !== true);
}
