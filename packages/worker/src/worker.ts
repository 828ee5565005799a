import { hostname } from 'node:os'

import {
  assertReachable,
  checkPrefix,
  checkServer,
  defaultPrefix,
  defaultRedisUrl,
  Ledger,
  openRedis,
  type DatasetStore,
} from '@pipewright/engine/internal'

import { afterCommit } from './after-commit.ts'
import type { Assignment } from './assignment.ts'
import { Caretaker } from './caretaker.ts'
import { ClockWatch } from './clock-watch.ts'
import type { AttemptObserver, Isolates } from './isolate/isolate.ts'
import { openLog, QuietLog, type WorkerLog, type WorkerLogLevel } from './log.ts'
import { Presence } from './presence.ts'
import type { ProcessorOptions } from './processor.ts'
import { Publisher } from './publisher.ts'
import { Quarantine } from './quarantine.ts'
import { startQueueWorker, type QueueWorker } from './queue-worker.ts'
import { runReader } from './read-run.ts'
import { Reconciler } from './reconciler.ts'
import { RunCache } from './run-cache.ts'
import { stopWorker } from './shutdown.ts'
import { Watch } from './watch.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Settings of a worker; times in milliseconds. */
export interface WorkerSettings {
  /** Address of Redis. Default `redis://127.0.0.1:6379`. */
  readonly redis?: string | undefined
  /** Prefix of all keys. Default `{pw}`. */
  readonly prefix?: string | undefined
  /** Queues to serve. Default `default`. */
  readonly queues?: readonly string[] | undefined
  /** Node runs at a time, for each queue. Default 8. */
  readonly concurrency?: number | undefined
  /** Node runs at a time of single queues, where it is not `concurrency`. Default: none. */
  readonly queueConcurrency?: Readonly<Record<string, number>> | undefined
  /** Name in logs, events and MLflow. Default `<host>-<process id>`. */
  readonly name?: string | undefined
  /** How long a claim lasts without renewal: a lost worker's nodes are taken over after about this and one check. Default 10,000. */
  readonly lease?: number | undefined
  /** How often lost workers are looked for. Default 5,000. */
  readonly checkEvery?: number | undefined
  /** Losses of workers after which a node run fails. Default 10. */
  readonly lossBudget?: number | undefined
  /** Time between the abort of a node's signal and the end of its isolate. Default 1,000. */
  readonly grace?: number | undefined
  /** How often runs that stand still are compared with the queues. Default 10,000. */
  readonly reconcileEvery?: number | undefined
  /** How often the clock of this machine is compared with that of Redis. Default 10,000. */
  readonly checkClockEvery?: number | undefined
  /** A log of your own, or a level for the worker's JSON lines on standard output. Default `info`. */
  readonly log?: WorkerLog | WorkerLogLevel | undefined
}

/** What `startWorkerOn` takes. */
export interface WorkerOnOptions extends WorkerSettings {
  /** Where nodes run. The worker closes them when it stops. */
  readonly isolates: Isolates
  /** Where datasets are published from. */
  readonly store: DatasetStore
}

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
 * @throws InfrastructureError `REDIS_UNREACHABLE`, `REDIS_LOADING`, `REDIS_EVICTS`, `REDIS_TOO_OLD`, `CLOCK_SKEW`;
 * ConfigError `INVALID_REDIS_URL`, `INVALID_PREFIX`
 */
export async function startWorkerOn(options: WorkerOnOptions): Promise<Worker> {
  const url = options.redis ?? defaultRedisUrl
  const prefix = checkPrefix(options.prefix ?? defaultPrefix)
  const name = options.name ?? `${hostname()}-${process.pid}`
  const log = typeof options.log === 'object' ? options.log : openLog(name, options.log ?? 'info')
  const redis = openRedis(url, 'wait')
  try {
    await assertReachable(redis, url)
    await checkServer(redis, { onWarning: (message) => log.warn({}, message) })
  } catch (error) {
    redis.disconnect()
    throw error
  }
  const parts = assemble(new Ledger(redis, prefix), name, log, options)
  const clock = new ClockWatch(redis, log, options.checkClockEvery)
  const { promise: stopped, resolve: ended } = Promise.withResolvers<void>()
  let stopping: Promise<void> | undefined
  return {
    name,
    stopped,
    stop: async ({ grace = 30_000 } = {}) => {
      stopping ??= stopWorker(parts, grace).finally(() => {
        clock.stop()
        ended()
      })
      return stopping
    },
  }
}

function assemble(
  ledger: Ledger,
  name: string,
  log: WorkerLog,
  options: WorkerOnOptions,
): WorkerParts {
  const onError = new QuietLog(log).report
  const { isolates, store, lease = 10_000, checkEvery = 5000 } = options
  const publisher = new Publisher(ledger, store, onError)
  const watch = new Watch(ledger, name, onError)
  const caretaker = new Caretaker(
    ledger,
    ({ publications, cancelling, quarantines }) => {
      for (const member of publications) void publisher.redo(member)
      watch.cancel(cancelling)
      quarantine.serve(quarantines)
    },
    onError,
  )
  const runs = new RunCache(runReader(ledger.redis, ledger.prefix))
  const reconciler = new Reconciler({
    ledger,
    runs,
    interval: options.reconcileEvery ?? 10_000,
    onError,
    removeFiles: async (run) => store.removeRun(run),
    onMended: (run, nodes) =>
      log.warn({ run, nodes }, 'Node runs that had vanished from their queue were put back.'),
  })
  const processor: Omit<ProcessorOptions, 'alone'> = {
    worker: name,
    ledger,
    runs,
    watch,
    grace: options.grace ?? 1000,
    isolates,
    logOf: (assignment) => attemptLog(log, assignment),
    isPublished: (dataset) => store.file(dataset) !== undefined,
    onError,
  }
  const serve = (queue: string, concurrency: number, alone: boolean): QueueWorker =>
    startQueueWorker({
      ...processor,
      queue,
      concurrency,
      alone,
      lease,
      checkEvery,
      lossBudget: options.lossBudget ?? 10,
      onSettled: (settled) => afterCommit(settled, { caretaker, publisher, log }),
    })
  const names = options.queues ?? ['default']
  const queues = names.map((queue) =>
    serve(queue, options.queueConcurrency?.[queue] ?? options.concurrency ?? 8, false),
  )
  const quarantine = new Quarantine(names, (queue) => serve(queue, 1, true), queues)
  const presence = new Presence({
    ledger,
    name,
    lease,
    checkEvery,
    queues: () => queues.map((queue) => queue.served()),
    onError,
  })
  caretaker.wakeIn(0)
  const { redis } = ledger
  return { redis, queues, quarantine, watch, caretaker, presence, publisher, reconciler, isolates }
}

function attemptLog(log: WorkerLog, { run, node, attempt }: Assignment): AttemptObserver['onLog'] {
  const where = { run: run.id, node: node.name, attempt }
  return (level, message, fields) => log[level]({ ...fields, ...where }, message)
}
