import type { DatasetStore } from '@pipewright/engine/internal'
import * as z from 'zod'

/** Begin of the name of a publication that moves the checkpoint of an incremental dataset. */
const checkpointMark = '>'

/** Last partitions that a run read, by dataset, as its header has them. */
const Checkpoints: z.ZodType<Record<string, string>> = z.record(z.string(), z.string())

/** Where a publication writes, and how. */
export interface PublicationPlace {
  readonly store: DatasetStore
  /** Names the place for its lock. */
  readonly path: string
  /** True when an older content must not replace a newer one. Versions lie side by side, and checkpoints look themselves. */
  readonly isOrdered: boolean
  /** Moves the checkpoint, given the run's field `checkpoints`. Undefined for a dataset that a node made. */
  readonly checkpoint?: (checkpoints: string | null) => Promise<void>
}

/** The place of a publication; undefined when the catalog has none for it. */
export function placeOf(store: DatasetStore, published: string): PublicationPlace | undefined {
  if (!published.startsWith(checkpointMark)) {
    const file = store.file(published)
    return file && { store, path: file.path, isOrdered: !file.versioned }
  }
  const dataset = published.slice(checkpointMark.length)
  const path = store.checkpoint(dataset)
  if (path === undefined) return undefined
  return {
    store,
    path,
    isOrdered: false,
    checkpoint: async (checkpoints) => {
      const last = Checkpoints.parse(JSON.parse(checkpoints ?? '{}'))[dataset]
      if (last !== undefined) await store.moveCheckpoint(dataset, last)
    },
  }
}
