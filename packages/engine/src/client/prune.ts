import { openStorage } from '../catalog/open-storage.ts'
import { RunFiles } from '../catalog/run-files.ts'
import type { Storage } from '../catalog/storage.ts'
import { chooseRuns, pruneRuns, type PruneContext, type Pruned } from '../redis/prune.ts'

/** Options of `client.prune`. */
export interface PruneOptions {
  /** Only runs that ended so many milliseconds ago or earlier; or apart for succeeded and for failed and cancelled ones. Default: of any age. */
  readonly olderThan?: number | { readonly succeeded: number; readonly failed: number }
  /** So many of the newest ended runs are kept, of those of `status` where it is given. Default 0. */
  readonly keep?: number
  /** Only runs that succeeded, or only those that failed or were cancelled. Default: all that have ended. */
  readonly status?: 'succeeded' | 'failed'
  /** Says what would be removed and removes nothing. Default false. */
  readonly dryRun?: boolean
  /** The runs' store, or its address such as `file:///data/store`. Default: none, and the workers remove the files with their next pass. */
  readonly store?: string | Storage
}

/** Removes ended runs: see `Client.prune`. */
export async function prune(
  { redis, prefix }: Pick<PruneContext, 'redis' | 'prefix'>,
  { olderThan, keep, status, dryRun = false, store }: PruneOptions,
): Promise<Pruned> {
  const storage = typeof store === 'string' ? openStorage(store, process.cwd()) : store
  const files = storage && new RunFiles(storage)
  const context = { redis, prefix, files, dryRun }
  const ages =
    typeof olderThan === 'number' ? { succeeded: olderThan, failed: olderThan } : olderThan
  return pruneRuns(context, await chooseRuns(context, { olderThan: ages, keep, status }))
}
