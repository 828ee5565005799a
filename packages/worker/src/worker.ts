import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

import {
  assertReachable,
  checkPrefix,
  checkServer,
  defaultPrefix,
  defaultRedisUrl,
  keepCodes,
  Ledger,
  lowWaterOf,
  openDurability,
  openRedis,
  setRates,
} from '@pipewright/engine/internal'

import { assemble, openPresence, servedQueues, type Ground } from './assemble.ts'
import { ClockWatch } from './clock-watch.ts'
import { KnownPipelines } from './known-pipelines.ts'
import { openLog } from './log.ts'
import { tellOutages } from './outage-log.ts'
import { publishPipelines } from './publish-pipelines.ts'
import { openSchedules, startScheduler } from './scheduler.ts'
import { stopWorker } from './shutdown.ts'
import { StoreProof } from './store-proof.ts'
import type { WorkerOnOptions } from './worker-settings.ts'

/** A running worker. */
export interface Worker {
  readonly name: string
  /**
   * Stops claiming and waits for running nodes; those still running after the grace are aborted and handed back without
   * spending a retry.
   *
   * @param options.grace Milliseconds. Default 30,000.
   */
  stop(options?: { readonly grace?: number }): Promise<void>
  /** Resolves when the worker has stopped. */
  readonly stopped: Promise<void>
}

/**
 * Starts a worker on isolates and a store that are open already. `startWorker` does that for a project.
 *
 * A worker whose store is not the one that the others have claims nothing until it is: its log, `client.workers()` and `why`
 * say so.
 *
 * @throws InfrastructureError `REDIS_UNREACHABLE`, `REDIS_LOADING`, `REDIS_EVICTS`, `REDIS_TOO_OLD`, `CLOCK_SKEW`,
 * `DURABILITY_UNAVAILABLE`;
 * ConfigError `INVALID_REDIS_URL`, `INVALID_PREFIX`
 */
export async function startWorkerOn(options: WorkerOnOptions): Promise<Worker> {
  const url = options.redis ?? defaultRedisUrl
  const prefix = checkPrefix(options.prefix ?? defaultPrefix)
  const name = options.name ?? `${hostname()}-${process.pid}`
  const log = typeof options.log === 'object' ? options.log : openLog(name, options.log ?? 'info')
  const redis = openRedis(url, 'wait')
  const durability = openDurability(redis, prefix, options)
  const ledger = new Ledger(redis, prefix, lowWaterOf(mostAtOnce(options)))
  const queues = [...servedQueues(options).keys()]
  const proof = new StoreProof({ ledger, store: options.store, worker: name, queues, log })
  const known = new KnownPipelines(options.pipelines)
  const ground = { ledger, durability, name, log, known, proof }
  let isShared: boolean
  try {
    await assertReachable(redis, url)
    await checkServer(redis, { onWarning: (message) => log.warn({}, message) })
    await durability.assertAvailable()
    isShared = await proof.try()
    if (isShared) await publish(ground, options)
  } catch (error) {
    durability.close()
    redis.disconnect()
    throw error
  }
  tellOutages(redis, log)
  const outsider = new AbortController()
  const life: Promise<Life> = isShared
    ? Promise.resolve(live(ground, options))
    : liveApart(ground, options, outsider.signal)
  const { promise: stopped, resolve: ended } = Promise.withResolvers<void>()
  let stopping: Promise<void> | undefined
  return {
    name,
    stopped,
    stop: async ({ grace = 30_000 } = {}) => {
      outsider.abort()
      stopping ??= life
        .then(async (alive) => alive.stop(grace))
        .finally(() => {
          durability.close()
          ended()
        })
      return stopping
    },
  }
}

/** A worker that is under way. */
interface Life {
  stop(grace: number): Promise<void>
}

/** Begins to claim. */
function live(ground: Ground, options: WorkerOnOptions): Life {
  const { ledger, durability, log } = ground
  const parts = assemble(ground, options)
  const scheduler = options.schedules && startScheduler(ledger, durability, log)
  const clock = new ClockWatch(ledger.redis, log, options.checkClockEvery)
  return {
    stop: async (grace) => {
      // A turn under way is cut with the connection: another scheduler completes it.
      scheduler?.stop()
      await stopWorker(parts, grace).finally(() => clock.stop())
    },
  }
}

/** Lives beside the others until the store is shared: it tells what keeps it from claiming, and does nothing else. */
async function liveApart(
  ground: Ground,
  options: WorkerOnOptions,
  signal: AbortSignal,
): Promise<Life> {
  const { ledger, proof, log } = ground
  const presence = openPresence(ground, options, {}, () => [])
  const isShared = await proof.proven(signal)
  // What it asks of a Redis that is away is never answered.
  await Promise.race([presence.stop(), delay(5000, undefined, { ref: false })])
  if (isShared) {
    await publish(ground, options).catch((error: unknown) => {
      log.error({ error: String(error) }, 'Pipelines could not be published.')
    })
    return live(ground, options)
  }
  return {
    stop: async () => {
      await options.isolates.close()
      ledger.redis.disconnect()
    },
  }
}

function mostAtOnce({ concurrency = 8, queueConcurrency = {} }: WorkerOnOptions): number {
  return Math.max(concurrency, ...Object.values(queueConcurrency))
}

/** Tells services and schedulers what the project has, and all workers how fast they may go. */
async function publish(
  { ledger: { redis, prefix }, name, log }: Ground,
  { publications, schedules, code, rates = {} }: WorkerOnOptions,
): Promise<void> {
  const where = { redis, prefix, name, log }
  await setRates(redis, prefix, rates)
  // So that a later comparison can name the files that have changed.
  if (code !== undefined) await keepCodes(redis, prefix, code.all)
  if (publications !== undefined) await publishPipelines(where, publications)
  if (schedules !== undefined) await openSchedules(where, schedules)
}
