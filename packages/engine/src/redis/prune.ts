import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { RunFiles } from '../catalog/run-files.ts'
import { isTerminal, statuses, type TerminalStatus } from '../run/status.ts'
import { deadLettersOf, removeDeadLetters } from './dead-letters.ts'
import * as keys from './keys.ts'
import { isLent } from './lent.ts'
import { redisTime } from './presence.ts'
import { forgetKey, runKeys } from './run-keys.ts'

/** Runs that are looked at, or removed, with one round trip. */
const page = 100

/** Which ended runs go. */
export interface PruneChoice {
  /** Only runs that ended so many ms ago or earlier, by how they ended. Default: of any age. */
  readonly olderThan?: { readonly succeeded: number; readonly failed: number } | undefined
  /** So many of the newest that the other choices leave over are kept. Default 0. */
  readonly keep?: number | undefined
  /** Only runs that succeeded, or only those that failed or were cancelled. Default: all. */
  readonly status?: 'succeeded' | 'failed' | undefined
}

/** A run that was removed, or would be. */
export interface PrunedRun {
  readonly id: string
  readonly pipeline: string
  readonly status: TerminalStatus
  readonly endedAt: number
}

/** What was removed, or would be. */
export interface Pruned {
  readonly runs: readonly PrunedRun[]
  /** Keys in Redis, and the bytes that they hold there. */
  readonly keys: number
  readonly keyBytes: number
  /** Files in the store, and their bytes. */
  readonly files: number
  readonly fileBytes: number
  /** Events of the runs that could never be recorded. */
  readonly deadLetters: number
}

/** How runs are removed. */
export interface PruneContext {
  readonly redis: Redis
  readonly prefix: string
  /** The store that the runs have their files in; undefined leaves them to the workers, who remove them with their next pass. */
  readonly files: RunFiles | undefined
  /** Only says what would be removed. */
  readonly dryRun: boolean
}

const Header = z.object({
  status: z.enum(statuses),
  pipeline: z.string(),
  endedAt: z.coerce.number(),
  key: z.string().default(''),
})
type Ended = PrunedRun & { readonly key: string }

/** The ended runs that a choice names, newest first. Runs that have not ended are never among them. */
export async function chooseRuns(
  { redis, prefix }: Pick<PruneContext, 'redis' | 'prefix'>,
  { olderThan, keep = 0, status }: PruneChoice,
): Promise<readonly Ended[]> {
  const now = await redisTime(redis)
  const chosen: Ended[] = []
  let kept = 0
  const ids = await redis.zrange(keys.finishedRuns(prefix), '0', '-1', 'REV')
  for (let first = 0; first < ids.length; first += page) {
    // oxlint-disable-next-line no-await-in-loop -- pages bound what Redis is asked at once
    for (const run of await readEnded(redis, prefix, ids.slice(first, first + page))) {
      const kind = run.status === 'succeeded' ? 'succeeded' : 'failed'
      if (status !== undefined && status !== kind) continue
      kept += 1
      if (kept <= keep) continue
      if (olderThan === undefined || run.endedAt <= now - olderThan[kind]) chosen.push(run)
    }
  }
  return chosen
}

async function readEnded(
  redis: Redis,
  prefix: string,
  ids: readonly string[],
): Promise<readonly Ended[]> {
  const names = ['status', 'pipeline', 'endedAt', 'key']
  const read = async (id: string): Promise<Ended | undefined> => {
    const values = await redis.hmget(keys.run(prefix, id), ...names)
    const fields = names.map((name, at) => [name, values[at] ?? undefined] as const)
    const header = Header.safeParse(Object.fromEntries(fields)).data
    if (header === undefined || !isTerminal(header.status)) return undefined
    return { id, ...header, status: header.status }
  }
  return (await Promise.all(ids.map(read))).filter((run) => run !== undefined)
}

/** Removes runs with everything that belongs to them, a hundred at a time. A process that dies leaves the rest for the next. */
export async function pruneRuns(context: PruneContext, runs: readonly Ended[]): Promise<Pruned> {
  const total = { keys: 0, keyBytes: 0, files: 0, fileBytes: 0, deadLetters: 0 }
  const queues = await context.redis.smembers(keys.queues(context.prefix))
  for (let first = 0; first < runs.length; first += page) {
    const part = runs.slice(first, first + page)
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that Redis serves others in between
    const sizes = await Promise.all(part.map(async (run) => pruneRun(context, run, queues)))
    for (const size of sizes) {
      total.keys += size.keys
      total.keyBytes += size.keyBytes
      total.files += size.files
      total.fileBytes += size.fileBytes
    }
    // oxlint-disable-next-line no-await-in-loop
    total.deadLetters += await pruneLetters(context, part)
  }
  return { runs: runs.map(({ key: _key, ...run }) => run), ...total }
}

async function pruneRun(
  context: PruneContext,
  run: Ended,
  queues: readonly string[],
): Promise<Omit<Pruned, 'runs' | 'deadLetters'>> {
  const { redis, prefix, files, dryRun } = context
  const maps = await redis.smembers(keys.maps(prefix, run.id))
  const names = [...runKeys(prefix, run.id, queues, maps)]
  const key = keys.idempotency(prefix, run.key)
  if (run.key !== '' && (await redis.get(key)) === run.id) names.push(key)
  const bytes = await Promise.all(names.map(async (name) => redis.memory('USAGE', name)))
  const there = bytes.filter((size) => size !== null)
  const size = {
    keys: there.length,
    keyBytes: there.reduce((sum, one) => sum + one, 0),
    ...sizeOf(await files?.measure(run.id)),
  }
  if (dryRun) return size
  if (run.key !== '') await forgetKey(redis, prefix, run.key, run.id)
  // the record goes before the files: who looks for files to take sees by it whether they stay
  await removeRunKeys(redis, prefix, run.id, queues)
  // the member goes last: a run that was begun on, or whose files another run uses, is found again by the sweep
  if (files === undefined || (await isLent(redis, prefix, run.id))) return size
  await files.remove(run.id)
  await redis.zrem(keys.finishedRuns(prefix), run.id)
  return size
}

function sizeOf(
  size: { readonly files: number; readonly bytes: number } = { files: 0, bytes: 0 },
): { readonly files: number; readonly fileBytes: number } {
  return { files: size.files, fileBytes: size.bytes }
}

async function removeRunKeys(
  redis: Redis,
  prefix: string,
  id: string,
  queues: readonly string[],
): Promise<void> {
  // UNLINK frees their memory beside the thread that serves, however large they are
  const maps = await redis.smembers(keys.maps(prefix, id))
  await redis.unlink(...runKeys(prefix, id, queues, maps))
}

async function pruneLetters(context: PruneContext, runs: readonly Ended[]): Promise<number> {
  const { redis, prefix, dryRun } = context
  const letters = await deadLettersOf(redis, prefix, new Set(runs.map(({ id }) => id)))
  if (!dryRun) return removeDeadLetters(redis, letters)
  return [...letters.values()].reduce((sum, texts) => sum + texts.length, 0)
}

/**
 * Removes what is left of ended runs whose keys Redis has removed by itself, for their time was over.
 *
 * @param from Position among the ended runs, oldest first. @param count How many are looked at.
 * @returns the runs of which something was left, and where to look next; 0 when all have been looked at
 */
export async function sweepRuns(
  { redis, prefix, files }: Omit<PruneContext, 'dryRun'>,
  from: number,
  count: number,
): Promise<{ readonly swept: readonly string[]; readonly next: number }> {
  const finished = keys.finishedRuns(prefix)
  const ids = await redis.zrange(finished, String(from), String(from + count - 1))
  const there = await Promise.all(ids.map(async (id) => redis.exists(keys.run(prefix, id))))
  const gone: string[] = []
  for (const [at, id] of ids.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- a pass may take its time
    if (there[at] === 0 && !(await isLent(redis, prefix, id))) gone.push(id)
  }
  if (gone.length > 0) {
    const queues = await redis.smembers(keys.queues(prefix))
    for (const id of gone) {
      // oxlint-disable-next-line no-await-in-loop -- a pass may take its time
      await files?.remove(id)
      // oxlint-disable-next-line no-await-in-loop
      await removeRunKeys(redis, prefix, id, queues)
    }
    await removeDeadLetters(redis, await deadLettersOf(redis, prefix, new Set(gone)))
    await redis.zrem(finished, ...gone)
  }
  return { swept: gone, next: ids.length < count ? 0 : from + ids.length - gone.length }
}
