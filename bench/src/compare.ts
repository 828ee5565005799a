import { setTimeout as delay } from 'node:timers/promises'

import type { Contestant } from './contestant.ts'
import { Fleet } from './fleet.ts'
import type { Options } from './options.ts'
import type { PrivateRedis } from './private-redis.ts'
import type { Sample } from './sample.ts'

/** A contestant and its counted repetitions, in order. */
export interface Series {
  readonly contestant: Contestant
  readonly samples: readonly Sample[]
}

/** Concurrency of BullMQ's flows, where several are measured. */
const flowConcurrency = 32
/** Lets sockets, timers and collectors of the one before come to rest. */
const pauseMs = 30

/** Measures everything in one run: each repetition takes every contestant in turn, so noise hits all alike. */
export async function compare(
  server: PrivateRedis,
  { concurrencies, shapes, pairs, profile }: Options,
): Promise<readonly Series[]> {
  const fleet = new Fleet(server, profile)
  const contestants: Contestant[] = []
  for (const concurrency of concurrencies) {
    const flows = concurrency === flowConcurrency || concurrencies.length === 1
    contestants.push(...(await fleet.bullmq(concurrency, flows)))
  }
  for (const isolation of ['inline', 'thread'] as const) {
    for (const concurrency of concurrencies) {
      contestants.push(...(await fleet.pipewright(isolation, concurrency, shapes)))
    }
  }
  const series = await repeat(contestants, pairs)
  await fleet.stop()
  return series
}

async function repeat(
  contestants: readonly Contestant[],
  pairs: number,
): Promise<readonly Series[]> {
  const series = contestants.map((contestant) => ({ contestant, samples: [] as Sample[] }))
  for (let pair = 0; pair <= pairs; pair += 1) {
    console.error(pair === 0 ? 'warming up' : `pair ${pair} of ${pairs}`)
    // Who comes first changes, so that nobody always follows the same neighbour's garbage.
    const first = (pair * 7) % series.length
    for (const { contestant, samples } of [...series.slice(first), ...series.slice(0, first)]) {
      await delay(pauseMs)
      const sample = await contestant.measure()
      await contestant.cleanUp()
      if (pair > 0) samples.push(sample)
    }
  }
  return series
}
