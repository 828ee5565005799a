import type { MlflowPlace } from './mlflow-place.ts'

/** One entry of `catalog.yml`, parsed. Unknown keys are refused by the schema in `config/catalog-schema.ts`. */
export interface CatalogEntry {
  /** Name of a driver: `json`, `csv`, `text`, `bytes`, `metric`. */
  readonly type: string
  /** Path relative to the project's root, or absolute. Null: in the run's store and in MLflow alone. */
  readonly filepath: string | null
  /** True keeps every version as `<filepath>/<version>/<basename>`, as Kedro. Default false. */
  readonly versioned: boolean
  readonly metadata?: unknown
  /** Where in MLflow it lies as well. */
  readonly mlflow?: MlflowPlace | undefined
}

/** Dataset name -> entry. A dataset that is not listed is kept in the run's store. */
export type Catalog = Readonly<Record<string, CatalogEntry>>
