import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { Amounts } from '../definition/resources.ts'
import * as keys from './keys.ts'

/** Milliseconds between two beats of a worker. */
export const beatEvery = 2000
/** Milliseconds without a beat after which a worker counts as lost. */
const lostAfter = 10_000
/** Milliseconds that a lost worker is remembered. */
const remembered = 3_600_000
/** Keys read with one command. */
const page = 500
/** Workers that are read at most: the ones that beat last. */
const mostWorkers = 10_000

/** One queue that a worker serves. */
export interface ServedQueue {
  readonly name: string
  /** Node runs that the worker takes from it at a time. */
  readonly concurrency: number
  /** Node runs of it that are under way. */
  readonly running: number
  /** Id of BullMQ's worker: the tokens of its locks begin with it. */
  readonly id: string
}

/** What a worker says of itself with each beat. Times are ms since 1970. */
export interface WorkerPresence {
  /** `<name>~<random>`: two workers may have one name. */
  readonly id: string
  readonly name: string
  readonly host: string
  readonly pid: number
  /** Of `@pipewright/worker`. */
  readonly version: string
  readonly startedAt: number
  /** Milliseconds of a claim without renewal. */
  readonly lease: number
  /** Milliseconds between two looks for lost workers. */
  readonly checkEvery: number
  readonly queues: readonly ServedQueue[]
  /** What it offers to nodes that ask for resources. */
  readonly resources: Amounts
  /** Fingerprint of the code of its nodes: 16 hex digits. Undefined where it is not known. */
  readonly code?: string | undefined
  /** Its pipelines, and of each the hash of its plan, 16 hex digits. Undefined where it takes whatever comes. */
  readonly pipelines?: Readonly<Record<string, string>> | undefined
  /** Id of the store that it shares. */
  readonly store?: string | undefined
  /** Why it claims nothing, though it lives. */
  readonly problem?: WorkerProblem | undefined
}

/** Why a living worker claims nothing. */
export interface WorkerProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** Queues that it would serve. */
  readonly queues: readonly string[]
}

/** A worker as others see it. */
export interface KnownWorker extends WorkerPresence {
  /** Time of the last beat, by the clock of Redis. */
  readonly beatAt: number
  /** Milliseconds since then. */
  readonly silentFor: number
  /** True when no beat has come for 10 s. */
  readonly lost: boolean
}

export const WorkerPresence: z.ZodType<WorkerPresence> = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  startedAt: z.number(),
  lease: z.number(),
  checkEvery: z.number(),
  queues: z.array(
    z.object({ name: z.string(), concurrency: z.int(), running: z.int(), id: z.string() }),
  ),
  // workers of earlier versions say nothing of it
  resources: z.record(z.string(), z.number()).default({}),
  code: z.string().optional(),
  pipelines: z.record(z.string(), z.string()).optional(),
  store: z.string().optional(),
  problem: z
    .object({
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      queues: z.array(z.string()),
    })
    .optional(),
})

/** Milliseconds since 1970 by the clock of Redis. */
export async function redisTime(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

/**
 * Tells that a worker is alive: three small commands, sent at once.
 *
 * @param now By the clock of Redis, as far as the worker knows it.
 * @param sweep Forgets workers, too, that have not beaten for an hour.
 * @returns the time at Redis: the next beat can tell it better.
 */
export async function beat(
  redis: Redis,
  prefix: string,
  presence: WorkerPresence,
  now: number,
  sweep: boolean,
): Promise<number> {
  const { id } = presence
  const writes = [
    redis.set(keys.worker(prefix, id), JSON.stringify(presence), 'PX', remembered),
    redis.zadd(keys.workers(prefix), now, id),
    ...(sweep ? [redis.zremrangebyscore(keys.workers(prefix), '-inf', now - remembered)] : []),
  ]
  const [time] = await Promise.all([redisTime(redis), ...writes])
  return time
}

/** Forgets a worker that has stopped. */
export async function removeWorker(redis: Redis, prefix: string, id: string): Promise<void> {
  await Promise.all([redis.zrem(keys.workers(prefix), id), redis.unlink(keys.worker(prefix, id))])
}

/** The workers that have beaten within the last hour, by name. */
export async function readWorkers(
  redis: Redis,
  prefix: string,
): Promise<{ readonly now: number; readonly workers: readonly KnownWorker[] }> {
  const beats: (readonly [id: string, at: number])[] = []
  for (let first = 0; first < mostWorkers; first += page) {
    const flat = await redis.zrevrange(keys.workers(prefix), first, first + page - 1, 'WITHSCORES')
    for (let at = 0; at < flat.length; at += 2) beats.push([flat[at] ?? '', Number(flat[at + 1])])
    if (flat.length < page * 2) break
  }
  const now = await redisTime(redis)
  const workers: KnownWorker[] = []
  for (let first = 0; first < beats.length; first += page) {
    const part = beats.slice(first, first + page)
    const texts = await redis.mget(...part.map(([id]) => keys.worker(prefix, id)))
    for (const [offset, [, beatAt]] of part.entries()) {
      const text = texts[offset] ?? null
      if (text === null) continue
      const presence = WorkerPresence.parse(JSON.parse(text))
      const silentFor = Math.max(0, now - beatAt)
      workers.push({ ...presence, beatAt, silentFor, lost: silentFor > lostAfter })
    }
  }
  return { now, workers: workers.toSorted(byName) }
}

function byName(a: KnownWorker, b: KnownWorker): number {
  if (a.name === b.name) return a.startedAt - b.startedAt
  return a.name < b.name ? -1 : 1
}
