import { hostname } from 'node:os'

import {
  assertReachable,
  checkPrefix,
  checkServer,
  defaultPrefix,
  defaultRedisUrl,
  Ledger,
  lowWaterOf,
  openDurability,
  openRedis,
  setRates,
} from '@pipewright/engine/internal'

import { assemble } from './assemble.ts'
import { ClockWatch } from './clock-watch.ts'
import { openLog } from './log.ts'
import { tellOutages } from './outage-log.ts'
import { publishPipelines } from './publish-pipelines.ts'
import { openSchedules, startScheduler } from './scheduler.ts'
import { stopWorker } from './shutdown.ts'
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
  try {
    await assertReachable(redis, url)
    await checkServer(redis, { onWarning: (message) => log.warn({}, message) })
    await durability.assertAvailable()
    await setRates(redis, prefix, options.rates ?? {})
    await publish({ redis, prefix, name, log }, options)
  } catch (error) {
    durability.close()
    redis.disconnect()
    throw error
  }
  const { concurrency = 8, queueConcurrency = {} } = options
  const most = Math.max(concurrency, ...Object.values(queueConcurrency))
  const ledger = new Ledger(redis, prefix, lowWaterOf(most))
  const parts = assemble(ledger, durability, name, log, options)
  tellOutages(redis, log)
  const scheduler = options.schedules && startScheduler(ledger, durability, log)
  const clock = new ClockWatch(redis, log, options.checkClockEvery)
  const { promise: stopped, resolve: ended } = Promise.withResolvers<void>()
  let stopping: Promise<void> | undefined
  return {
    name,
    stopped,
    stop: async ({ grace = 30_000 } = {}) => {
      // A turn under way is cut with the connection: another scheduler completes it.
      scheduler?.stop()
      stopping ??= stopWorker(parts, grace).finally(() => {
        clock.stop()
        durability.close()
        ended()
      })
      return stopping
    },
  }
}

/** Tells services and schedulers what the project has. */
async function publish(
  where: Parameters<typeof publishPipelines>[0],
  { publications, schedules }: WorkerOnOptions,
): Promise<void> {
  if (publications !== undefined) await publishPipelines(where, publications)
  if (schedules !== undefined) await openSchedules(where, schedules)
}
