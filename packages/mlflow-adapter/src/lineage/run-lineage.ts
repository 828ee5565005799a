/** What a node read or made: one content of a dataset. */
export interface DatasetContent {
  readonly dataset: string
  /** Begin of the sha256 of its bytes. */
  readonly digest: string
  readonly format?: string | undefined
  readonly bytes?: number | undefined
  readonly rows?: number | undefined
  /** Where it lay, for what came from the catalog. */
  readonly place?: string | undefined
}

/** A dataset that a node read. */
export interface ReadContent extends DatasetContent {
  /** Node of the same run that made it; undefined for what came from the catalog. */
  readonly madeBy: string | undefined
}

/** A node of a run, with what it read and made. */
export interface NodeLineage {
  readonly node: string
  readonly status: string
  readonly inputs: readonly ReadContent[]
  readonly outputs: readonly DatasetContent[]
}

/** Which data went through a run. */
export interface RunLineage {
  readonly run: string
  readonly pipeline: string
  readonly status: string
  /** When it was created, in ms since 1970. */
  readonly createdAt: number
  readonly source: 'ledger' | 'mlflow'
  /** Tags of the run. */
  readonly tags: Readonly<Record<string, string>>
  readonly nodes: readonly NodeLineage[]
}

/** Answers which data went through which runs. Runs come newest first. */
export interface LineageSource {
  run(id: string): Promise<RunLineage | undefined>
  /** The newest run in which a dataset was read or made, with this digest if one is given (its begin is enough). */
  newestWith(dataset: string, digest: string | undefined): Promise<string | undefined>
  /** Runs that made this content. */
  makersOf(dataset: string, digest: string): Promise<readonly string[]>
  /** Runs that read this content from the catalog, at most `limit`. */
  readersOf(dataset: string, digest: string, limit: number): Promise<readonly string[]>
}

/** A version of a registered model, and where it came from. */
export interface ModelVersion {
  readonly name: string
  readonly version: string
  readonly aliases: readonly string[]
  /** Our run that made it; undefined when somebody else did. */
  readonly run: string | undefined
  /** The node of that run, when the version says so. */
  readonly node: string | undefined
  /** The dataset that is the model, when the version says so. */
  readonly dataset: string | undefined
}
