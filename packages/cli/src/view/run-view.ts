import type { NodeRun, Plan, Run } from '@pipewright/engine/client'

/** A run as the ledger had it at one moment. */
export interface RunSnapshot {
  readonly run: Run
  /** In the order of the plan; undefined for a run that is too large to read again and again. */
  readonly nodes: readonly NodeRun[] | undefined
  /** Node runs whose status or attempt is another than in the snapshot before. */
  readonly changed: readonly NodeRun[]
}

/** One way to show a run while it runs. */
export interface RunView {
  /** The run is in Redis. */
  begin(run: Run, plan: Plan): void
  update(snapshot: RunSnapshot): void
  /** Gives standard output back, at the end of the run or when an error came before. */
  close(): void
}
