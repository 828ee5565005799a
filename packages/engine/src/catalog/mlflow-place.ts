/** Where a dataset of the catalog lies in MLflow. */
export type MlflowPlace =
  | MlflowMetricPlace
  | MlflowHistoryPlace
  | MlflowMetricsPlace
  | MlflowArtifactPlace
  | MlflowModelPlace

/** Which run of MLflow a dataset is read from. */
interface OfRun {
  /** Id of a run of MLflow, for reading only. Undefined: the node run that makes the dataset. */
  readonly run?: string | undefined
}

/** One number: `type: metric`. */
export interface MlflowMetricPlace extends OfRun {
  readonly kind: 'metric'
  /** Default: the name of the dataset. */
  readonly key?: string | undefined
  /** The step that is written. Default 0. */
  readonly saveStep?: number | undefined
  /** The step that is read. Default: that of the last point. */
  readonly loadStep?: number | undefined
}

/** All points of a metric: `type: history`. */
export interface MlflowHistoryPlace extends OfRun {
  readonly kind: 'history'
  /** Default: the name of the dataset. */
  readonly key?: string | undefined
  /** What is read: values, values by step, or points with step and time. A node may write any of them. */
  readonly shape: 'list' | 'dict' | 'history'
}

/** Several metrics with all their points: `type: metrics`. */
export interface MlflowMetricsPlace extends OfRun {
  readonly kind: 'metrics'
  /** Their keys are `prefix.key`. */
  readonly prefix?: string | undefined
}

/** A file of the catalog whose value is an artifact as well. */
export interface MlflowArtifactPlace extends OfRun {
  readonly kind: 'artifact'
  /** Folder among the run's artifacts. Default: their root. */
  readonly folder?: string | undefined
}

/** A model package. */
export interface MlflowModelPlace {
  readonly kind: 'model'
  /** What is read: `models:/name/3`, `models:/name@champion`, `models:/m-…`, `runs:/<run>/<path>`. Undefined: only the run's own. */
  readonly uri?: string | undefined
}
