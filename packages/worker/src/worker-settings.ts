import type { Pipeline, Resources } from '@pipewright/engine'
import type {
  DatasetStore,
  DurabilityOptions,
  ProjectCode,
  QueueRate,
  SchedulesConfig,
} from '@pipewright/engine/internal'

import type { Isolates } from './isolate/isolate.ts'
import type { WorkerLog, WorkerLogLevel } from './log.ts'
import type { Publications } from './publish-pipelines.ts'
import type { OpenWith } from './run-stores.ts'

/** Settings of a worker; times in milliseconds. */
export interface WorkerSettings extends DurabilityOptions {
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
  /** What it offers to nodes with `resources`: `{ gpu: 2, memory: '64GiB' }`. Default: nothing, so it takes none of them. */
  readonly resources?: Resources | undefined
  /**
   * Node runs of a queue that are started in a time, by all its workers together; null lifts it. Set when the worker starts.
   * Default: it stays as it is.
   */
  readonly rates?: Readonly<Record<string, QueueRate | null>> | undefined
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
  /** Ended runs that are kept at most; null for any number. Default 10,000. */
  readonly keepRuns?: number | null | undefined
  /** Bytes of Redis' memory that events hold which an adapter has not recorded yet. Default 64 MiB. */
  readonly outboxMaxBytes?: number | undefined
  /** How often the clock of this machine is compared with that of Redis. Default 10,000. */
  readonly checkClockEvery?: number | undefined
  /** False for one that publishes and fires no schedules. Default true. */
  readonly scheduler?: boolean | undefined
  /** A log of your own, or a level for the worker's JSON lines on standard output. Default `info`. */
  readonly log?: WorkerLog | WorkerLogLevel | undefined
}

/** What `startWorkerOn` takes. */
export interface WorkerOnOptions extends WorkerSettings {
  /** Where nodes run. The worker closes them when it stops. */
  readonly isolates: Isolates
  /** Where datasets are published from. */
  readonly store: DatasetStore
  /** Opens the store of runs with runtime params. Default: they have the same. */
  readonly storeWith?: OpenWith | undefined
  /**
   * The pipelines that its code has: node runs of others, and of these as far as their nodes are no longer the same, are left
   * to workers whose code has them. Default: it takes whatever comes.
   */
  readonly pipelines?: readonly Pipeline[] | undefined
  /** The code of its nodes, for records. Default: not known. */
  readonly code?: ProjectCode | undefined
  /** What it publishes when it starts, so that services enqueue it by name. Default: nothing. */
  readonly publications?: Publications | undefined
  /** Those of the project, which the worker publishes and, with all others, fires. Default: it fires none. */
  readonly schedules?: { readonly all: SchedulesConfig; readonly env: string } | undefined
}
