import type { Redis } from 'ioredis'

import type { QueueRate } from '../config/pipewright-schema.ts'
import { userQueue } from '../plan/queue-name.ts'
import * as keys from './keys.ts'

/** What is paused. */
export interface Paused {
  /** Queues from which no node run is taken. */
  readonly queues: readonly string[]
  /** Pipelines of which no run begins. */
  readonly pipelines: readonly string[]
}

const meta = (prefix: string, queue: string): string => `${keys.queuePrefix(prefix)}:${queue}:meta`

/** Lets no worker take node runs from a queue. Those that run go on. */
export async function pauseQueue(redis: Redis, prefix: string, queue: string): Promise<void> {
  // as BullMQ's own pause: its scripts, and ours, ask for this mark before they hand out a job
  await redis.hset(meta(prefix, queue), 'paused', 1)
}

/** Lets workers take from a queue again. The next `advance` wakes them. */
export async function resumeQueue(redis: Redis, prefix: string, queue: string): Promise<void> {
  await redis.hdel(meta(prefix, queue), 'paused')
}

/** Lets no run of a pipeline begin. Those that have begun go on. */
export async function pausePipeline(redis: Redis, prefix: string, name: string): Promise<void> {
  await redis.sadd(keys.pausedPipelines(prefix), name)
}

/** Lets runs of a pipeline begin again. The next `advance` begins them. */
export async function resumePipeline(redis: Redis, prefix: string, name: string): Promise<void> {
  await redis.srem(keys.pausedPipelines(prefix), name)
}

/** Everything that is paused, names in order. */
export async function readPaused(redis: Redis, prefix: string): Promise<Paused> {
  const [known, pipelines] = await Promise.all([
    redis.smembers(keys.queues(prefix)),
    redis.smembers(keys.pausedPipelines(prefix)),
  ])
  const names = [...new Set(known.map(userQueue))].toSorted()
  const marks = await Promise.all(
    names.map(async (name) => redis.hexists(meta(prefix, name), 'paused')),
  )
  return {
    queues: names.filter((_, at) => marks[at] === 1),
    pipelines: pipelines.toSorted(),
  }
}

/** Sets how many node runs of each queue are started in a time, by all workers together; null lifts it. BullMQ's own limiter. */
export async function setRates(
  redis: Redis,
  prefix: string,
  rates: Readonly<Record<string, QueueRate | null>>,
): Promise<void> {
  for (const [queue, rate] of Object.entries(rates)) {
    const key = meta(prefix, queue)
    // oxlint-disable-next-line no-await-in-loop -- a handful, once
    if (rate === null) await redis.hdel(key, 'max', 'duration')
    // oxlint-disable-next-line no-await-in-loop
    else await redis.hset(key, { max: rate.max, duration: rate.per })
  }
}
