import type { LatestPoint } from './latest-point.ts'

/** What is known of one record in MLflow: of a run or of an attempt. */
export interface MlflowRecord {
  readonly id: string
  /** Its MLflow status is final. */
  ended: boolean
  /** The tag `pipewright.status`. */
  outcome: string | undefined
  /** The tag `mlflow.parentRunId`. */
  parent: string | undefined
  /** Instance of the node; empty for the parent. */
  readonly node: string
  readonly attempt: number
  /** Its params are logged, as far as this process knows. */
  hasParams: boolean
  /** Last values of metrics, by MLflow's names for them. */
  readonly latest: Map<string, LatestPoint>
}
