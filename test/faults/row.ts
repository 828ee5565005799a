/** What a row of the fault suite works with. */
export interface RowContext {
  /** The same seed does the same faults at the same places. */
  readonly seed: number
  /** Uniform in [0, 1), from the seed. */
  readonly random: () => number
  /** 1 for the long suite; the short seeds of `npm test` use about 0.05. */
  readonly scale: number
  /**
   * True in `npm test`: a row has about 5 s on a busy machine. Times are not asserted then, and bare BullMQ is left out.
   */
  readonly short: boolean
  /** A Redis that rows share; a row that hurts its server starts one of its own. */
  readonly redisUrl: string
  /** An MLflow server, started when it is first asked for. */
  readonly mlflowUrl: () => Promise<string>
  /** Tells how far the row is. */
  readonly say: (text: string) => void
  /** Has something ended or removed after the row, however it ends and on Ctrl-C too; the last one first. */
  readonly cleanup: (action: () => unknown) => void
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal
}

/** What bare BullMQ does under the same fault, in the same run. */
export interface BareResult {
  readonly trials: number
  /** Jobs that never ended, or are gone. */
  readonly lost: number
  /** Jobs that failed for good although their code did not. */
  readonly failedByInfrastructure: number
  /** Finished bodies that ran again. */
  readonly rerunFinished: number
  readonly recoveryP95Ms: number | null
  /** Its settings where they are not the defaults, and what else was seen. */
  readonly note?: string
}

/** The figures of a row. `null` where the row has no such figure. */
export interface RowResult {
  readonly row: string
  /** Faults that were done. */
  readonly trials: number
  /** Acknowledged runs, or nodes of them, that never ended or are gone. */
  readonly lost: number
  /** Node runs that failed although their code did not. */
  readonly failedByInfrastructure: number
  /** Committed node runs whose body ran again. */
  readonly rerunCommitted: number
  readonly duplicatesInMlflow: number | null
  /** From the fault (or its end) to work going on. */
  readonly recoveryP95Ms: number | null
  readonly pass: boolean
  /** What else was measured, and why it did not pass: one line each. */
  readonly notes: readonly string[]
  readonly bare: BareResult | null
}

/** One row of the fault matrix. */
export interface FaultRow {
  /** `F1` to `F22`. */
  readonly row: string
  readonly fault: string
  readonly expected: string
  run(context: RowContext): Promise<RowResult>
}
