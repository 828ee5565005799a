import type { MlflowPlace } from './mlflow-place.ts'

/** What was read from MLflow. */
export interface MlflowRead {
  /** As the driver of the dataset encodes its values. */
  readonly bytes: Uint8Array
  /** Its address, such as `runs:/<run>/metrics/f1`. */
  readonly where: string
}

/** Reads datasets from MLflow. A dataset store has one where its project may read there. */
export interface MlflowSource {
  /**
   * The encoded value that lies at a place. `file` is the path of the catalog's entry, if it has one.
   *
   * @throws DatasetError `DATASET_NOT_FOUND`; InfrastructureError `MLFLOW_…`
   */
  read(place: MlflowPlace, dataset: string, file: string | undefined): Promise<MlflowRead>
}

/** True when a dataset that no node makes is read from MLflow, not from a file. */
export function isReadThere(place: MlflowPlace | undefined): boolean {
  return place !== undefined && (place.kind === 'model' ? place.uri : place.run) !== undefined
}
