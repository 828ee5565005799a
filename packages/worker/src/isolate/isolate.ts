import type { Isolation } from '@pipewright/engine'
import type {
  CatalogRead,
  DatasetReference,
  LogLevel,
  Metric,
  NodeFailure,
  RunInputs,
} from '@pipewright/engine/isolate'

/** One attempt as an isolate gets it: plain data, so that it can cross to a thread or a process. */
export interface AttemptRequest {
  readonly runId: string
  readonly pipeline: string
  /** Name of the node in its pipeline. */
  readonly node: string
  /** Its instance in the run; equal to `node` unless it was mapped. */
  readonly instance: string
  readonly attempt: number
  /** Names its start: two starts that a server counts alike must not write to one place. Default: none. */
  readonly start?: string | undefined
  /** Resolved params of the run, by the names that users set. */
  readonly params: Readonly<Record<string, unknown>>
  /** True when the observer wants to know when the body begins: then it is told by a message of its own. */
  readonly announce?: boolean | undefined
  /** References of the inputs that other nodes made, by dataset name. Others are loaded from the catalog. */
  readonly inputs: Readonly<Record<string, DatasetReference>>
  /** Datasets that other nodes of the run were to make and have not: the node reads `undefined`. Default: none. */
  readonly missing?: readonly string[] | undefined
  /** Places of those others that lie elsewhere for this run than the catalog says. Default: none do. */
  readonly given?: RunInputs | undefined
  /** Values of `${runtime_params:name}` in the catalog for this run. Default: none. */
  readonly runtimeParams?: Readonly<Record<string, unknown>> | undefined
}

/** What an attempt came to. An isolate never rejects because of the user's code. */
export type AttemptResult =
  | {
      readonly type: 'succeeded'
      readonly outputs: readonly DatasetReference[]
      /** What it read from the catalog; undefined when nothing. */
      readonly reads?: readonly CatalogRead[] | undefined
      /** Last partitions that it read of incremental datasets, by dataset; empty where there were none. */
      readonly checkpoints?: Readonly<Record<string, string>> | undefined
      /** What a branch has chosen. */
      readonly choice?: readonly string[] | undefined
    }
  | {
      readonly type: 'failed'
      readonly failure: NodeFailure
      readonly retryable: boolean
      readonly reads?: readonly CatalogRead[] | undefined
      /** True when the isolate ended before any body began in it: no node is to blame. */
      readonly unstarted?: true | undefined
    }
  /** Its isolate ended through no fault of its own, or nobody can tell whose: give it back without spending a retry. */
  | { readonly type: 'lost'; readonly reason: NodeFailure }

/** Where an attempt reports while it runs. */
export interface AttemptObserver {
  /** The body begins, after any wait for a thread or process. Called for attempts that `announce`. */
  onBegun?(): void
  onMetric(key: string, value: Metric[1], step: number, at: number): void
  onLog(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void
}

/** An attempt under way. */
export interface AttemptExecution {
  readonly result: Promise<AttemptResult>
  /** Aborts the node's signal. The reason's message reaches the user's code. */
  abort(reason: Error): void
  /** Ends the isolate at once, for a body that does not heed its signal. `result` settles as failed. An inline attempt cannot be ended. */
  terminate(reason: Error): Promise<void>
}

/** Runs attempts somewhere: in this thread, in a worker thread, in a child process. */
export interface Isolate {
  /** Starts a thread before the first attempt comes, so that it does not wait for the project to be loaded there. */
  warm?(): void
  execute(request: AttemptRequest, observer: AttemptObserver): AttemptExecution
  /** Ends all threads or processes. */
  close(): Promise<void>
}

/** The isolates of a worker, each opened when it is first used. */
export interface Isolates {
  of(isolation: Isolation): Isolate
  /** Ends all threads and processes; attempts that still run are lost. */
  close(): Promise<void>
}

/** What a thread or process needs to find the user's code and data. */
export interface IsolateSetup {
  /** Folder of `pipewright.config.ts`. */
  readonly root: string
  /** Name of the configuration environment. Default `local`, which need not be there. */
  readonly env?: string | undefined
}
