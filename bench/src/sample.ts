import type { Redis } from 'ioredis'

import { redisCpu } from './private-redis.ts'
import { gaps, quantile } from './statistics.ts'
import type { WorkerProcess } from './worker-process.ts'

/** One repetition of one contestant. */
export interface Sample {
  readonly nodesPerSecond: number
  /** Milliseconds from the start of one function to the start of the next one; of chains only. */
  readonly hopP50Ms: number | null
  readonly hopP99Ms: number | null
  /** Microseconds of CPU time per node. */
  readonly redisMicros: number
  readonly workerMicros: number
}

/** What a repetition came to. */
export interface Outcome {
  readonly milliseconds: number
  /** Start of each function, of a chain. */
  readonly starts?: readonly number[] | undefined
}

/** Does it, and reads the CPU times before and after. */
export async function sampled(
  { redis, worker, nodes }: { redis: Redis; worker: WorkerProcess; nodes: number },
  repetition: () => Promise<Outcome>,
): Promise<Sample> {
  const [workerBefore, redisBefore] = [await worker.cpu(), await redisCpu(redis)]
  const { milliseconds, starts } = await repetition()
  const [redisAfter, workerAfter] = [await redisCpu(redis), await worker.cpu()]
  const hops = starts === undefined ? undefined : gaps(starts)
  return {
    nodesPerSecond: (nodes / milliseconds) * 1000,
    hopP50Ms: hops === undefined ? null : quantile(hops, 0.5),
    hopP99Ms: hops === undefined ? null : quantile(hops, 0.99),
    redisMicros: (redisAfter - redisBefore) / nodes,
    workerMicros: (workerAfter - workerBefore) / nodes,
  }
}
