import type { MlflowPlace } from './mlflow-place.ts'

/** One entry of `catalog.yml`, parsed. Unknown keys are refused by the schema in `config/catalog-schema.ts`. */
export interface CatalogEntry {
  /** Name of a driver: `json`, `csv`, `text`, `bytes`, `metric`. */
  readonly type: string
  /** Path relative to the project's root, absolute, or an address such as `s3://bucket/days.csv`. Null: in the run's store and in MLflow alone. */
  readonly filepath: string | null
  /** True keeps every version as `<filepath>/<version>/<basename>`, as Kedro. Default false. */
  readonly versioned: boolean
  readonly metadata?: unknown
  /** `load_args` and `save_args`: settings of the driver for reading and for writing, which it checks itself. */
  readonly loadArgs?: Readonly<Record<string, unknown>> | undefined
  readonly saveArgs?: Readonly<Record<string, unknown>> | undefined
  /** How many of its rows the schema checks. Default `full`. */
  readonly validate?: Validation | undefined
  /** Keys that belong to its type alone, for datasets that are no files: `table_name`, `sql`, `url`. The driver checks them. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  /** Key in `credentials.yml`. Looked up where the dataset is read or written, in the worker, and nowhere else. */
  readonly credentials?: string | undefined
  /** A folder of files, each a value of `type`. `filepath` is then the folder. */
  readonly partitions?: Partitions | undefined
  /** Where in MLflow it lies as well. */
  readonly mlflow?: MlflowPlace | undefined
}

/** How a partitioned dataset lies in its folder. */
export interface Partitions {
  /** End of the names of its files, such as `.csv`; the rest of the path is the partition's id. Default: none. */
  readonly suffix: string
  /** True removes the partitions that a run did not make. Default false. */
  readonly overwrite: boolean
  /** For `incremental`: each run reads the partitions behind the checkpoint of the last run that succeeded. */
  readonly incremental?: Checkpoint | undefined
}

/** What an incremental dataset knows of the partitions that were processed. */
export interface Checkpoint {
  /** Where the id of the last processed partition is kept. Default: `CHECKPOINT` in the folder. */
  readonly filepath?: string | undefined
  /** Id that counts as the last processed one, whatever is kept; empty for none. */
  readonly force?: string | undefined
}

/**
 * How many values a schema checks when a dataset is loaded or saved: all, a few thousand rows spread over a table, or none.
 * A schema that changes values (codecs, defaults, coercion) is always applied to all: nodes would else receive other types.
 */
export type Validation = 'full' | 'sample' | 'off'

/** Dataset name -> entry. A dataset that is not listed is kept in the run's store. */
export type Catalog = Readonly<Record<string, CatalogEntry>>
