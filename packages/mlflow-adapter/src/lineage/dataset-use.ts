import type { CatalogRead, DatasetReference } from '@pipewright/engine/internal'

/** A dataset that an attempt read: what another node of the run made, or what lay in the catalog. */
export interface DatasetUse {
  readonly content: DatasetReference | CatalogRead
  /** Node of the same run that made it; undefined for what came from the catalog. */
  readonly producer: string | undefined
  /** Names under which the node's function reads it. */
  readonly argumentNames: readonly string[]
}
