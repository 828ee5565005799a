import { DatasetError } from '../errors.ts'
import type { Checkpoint } from './entry.ts'
import { compareIds } from './partition-manifest.ts'
import { listPartitions, type PartitionFolder } from './partitions.ts'
import type { Storage } from './storage.ts'

/** Name of the file in the folder that holds the id of the last processed partition. */
const defaultName = 'CHECKPOINT'

/** The file that holds the id of the last processed partition. */
export interface CheckpointFile {
  readonly storage: Storage
  readonly path: string
  /** Names it among all publications. */
  readonly address: string
}

/** Where the checkpoint of an incremental dataset lies. @throws ConfigError `STORAGE_UNSUPPORTED` */
export function checkpointFile(
  { storage, open }: PartitionFolder,
  { filepath }: Checkpoint,
): CheckpointFile {
  if (filepath === undefined)
    return { storage, path: defaultName, address: `${storage.url}/${defaultName}` }
  const cut = filepath.lastIndexOf('/')
  const folder = open(cut === -1 ? '.' : filepath.slice(0, cut) || '/')
  const path = filepath.slice(cut + 1)
  return { storage: folder, path, address: `${folder.url}/${path}` }
}

/** Partitions behind the checkpoint, in order. @throws InfrastructureError `STORAGE_FAILED` */
export async function newPartitions(
  folder: PartitionFolder,
  { force }: Checkpoint,
  file: CheckpointFile,
): Promise<readonly string[]> {
  const last = force ?? (await readCheckpoint(file))
  const own = file.storage.url === folder.storage.url ? file.path : undefined
  const { suffix } = folder.partitions
  const ids = await listPartitions(folder)
  return ids.filter((id) => {
    if (`${id}${suffix}` === own) return false
    return last === undefined || last === '' || compareIds(id, last) > 0
  })
}

async function readCheckpoint({ storage, path }: CheckpointFile): Promise<string | undefined> {
  const bytes = await storage.read(path)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes).replace(/\r?\n$/, '')
}

/**
 * Moves a checkpoint, never back: of two runs that overlap, the one that read less may end last.
 *
 * @throws DatasetError `DATASET_NOT_WRITABLE`
 */
export async function moveCheckpoint(
  dataset: string,
  file: CheckpointFile,
  last: string,
): Promise<void> {
  try {
    const known = await readCheckpoint(file)
    if (known !== undefined && compareIds(known, last) >= 0) return
    await file.storage.write(file.path, Buffer.from(last, 'utf8'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DatasetError(
      'DATASET_NOT_WRITABLE',
      `The checkpoint of dataset '${dataset}' cannot be written to ${file.address}: ${reason}`,
      {
        dataset,
        hint: 'Check that this user may write there, or give the entry a checkpoint with another filepath.',
        cause,
      },
    )
  }
}
