import type { NodeFinished } from './event.ts'
import type { NodeFailure } from './node-failure.ts'
import type { RunInputs } from './run-input.ts'
import type { Status } from './status.ts'

/** A run as the ledger knows it. Times are ms since 1970. */
export interface Run {
  readonly id: string
  readonly pipeline: string
  /** Hash of the plan. */
  readonly plan: string
  readonly status: Status
  /** Resolved params by the names that users set: `train.epochs`, `seed`. */
  readonly params: Readonly<Record<string, unknown>>
  /** Inputs that lie elsewhere for this run than the catalog says; undefined for none. */
  readonly inputs?: RunInputs | undefined
  /** Values of `${runtime_params:name}` in the workers' catalog; undefined for none. */
  readonly runtimeParams?: Readonly<Record<string, unknown>> | undefined
  /** The params that were given, of which `params` are made with those of the configuration; undefined for none. */
  readonly given?: Readonly<Record<string, unknown>> | undefined
  /** Id of the run that it goes on with; undefined for none. */
  readonly resumes?: string | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Name of the configuration environment (`--env`), `local` by default. */
  readonly env: string
  /** The idempotency key given at `enqueue`, if any. */
  readonly key: string | undefined
  readonly createdAt: number
  /** Runs of higher priority go first; 0 by default. */
  readonly priority: number
  /** When a delayed run may begin. */
  readonly startAt: number | undefined
  /** What a pending run waits for: a limit, such as `pipeline/training`, or `pause/training`. */
  readonly waits: string | undefined
  readonly endedAt: number | undefined
  /** Why the run failed: the first node that failed and its error, or the dataset that could not be published. */
  readonly error: string | undefined
  /** Number of nodes. */
  readonly total: number
  /** Number of nodes that reached their end. */
  readonly finished: number
}

/** A node run that has not ended, as far as the ledger knows. */
export interface LiveNode {
  readonly status: 'pending' | 'running'
  readonly attempt: number
  readonly startedAt?: number | undefined
  readonly worker?: string | undefined
  /** When a retry is due. */
  readonly dueAt?: number | undefined
  readonly error?: NodeFailure | undefined
}

/** A node run of a run: its record when it has ended, what is known of it before. */
export interface NodeRun {
  readonly node: string
  readonly index: number
  readonly status: Status
  readonly attempt: number
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  readonly worker: string | undefined
  readonly error: NodeFailure | undefined
  readonly record: NodeFinished | undefined
}
