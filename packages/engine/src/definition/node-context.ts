/** Levels of a node's log, as pino's. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A node's log: each line carries the run, the node and the attempt. */
export interface NodeLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** What a node's function receives beside its inputs. */
export interface NodeContext<Params> {
  /** Validated params, defaults filled in. */
  readonly params: Params
  /** Folder of the project, from which paths of its files count. In a test: the working directory. */
  readonly root: string
  /** Address of the project's MLflow, for code that talks to it by itself. Default: none is known. */
  readonly trackingUri?: () => Promise<string | undefined>
  /** The run's id. */
  readonly runId: string
  /** The node's instance in the run: its name, or a path such as `score[17]`. */
  readonly node: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** The same for every attempt of this node run: give it to outside services so that a second attempt does not act twice. */
  readonly idempotencyKey: string
  /** Aborted at the timeout, when the run is cancelled, and when the worker has lost the node run. */
  readonly signal: AbortSignal
  readonly log: NodeLog
  /**
   * Records a metric of the node's MLflow run, stamped with the time of the call. It returns at once and never fails.
   *
   * @param step Position in a series, such as the epoch. Default 0.
   */
  readonly metric: (key: string, value: number, step?: number) => void
}
