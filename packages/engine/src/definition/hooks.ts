/** What every hook about a node is told. */
export interface NodeRunInfo {
  readonly runId: string
  readonly pipeline: string
  readonly node: string
  readonly attempt: number
}

/** What every hook about a run is told. */
export interface PipelineRunInfo {
  readonly runId: string
  readonly pipeline: string
  readonly params: Readonly<Record<string, unknown>>
}

/** What hooks are told of the project. */
export interface ContextInfo {
  /** Absolute path of the folder of `pipewright.config.ts`. */
  readonly root: string
  /** Name of the configuration environment. */
  readonly env: string
}

/** What hooks are told of a dataset of the catalog; of its credentials only the key. */
export interface CatalogDataset {
  readonly type: string
  readonly filepath: string | null
  readonly versioned: boolean
  readonly credentials?: string | undefined
  readonly metadata?: unknown
}

/** Values by the argument names of a node. */
type ValuesByName = Readonly<Record<string, unknown>>

/** Other values for some of a node's inputs, by the names under which it reads them; nothing for none. */
type InputOverrides = void | ValuesByName

/**
 * Observers of a project, with Kedro's names in camelCase. Each is awaited; those of several observers are called in the order in
 * which the project lists them. A hook that throws is reported as a warning and changes nothing, unless what it throws is a
 * `NodeError` (or `FatalNodeError`): with it a hook of a node or a dataset says that the attempt has failed.
 *
 * Hooks of nodes and datasets run where the node runs, each time an attempt does. Those of context and catalog run once in each
 * process and thread that opens the project. Those of pipelines are called by `pipewright run` and `runPipeline`; a run that was
 * enqueued has no one place to call them from: follow its events instead.
 */
export interface Hooks {
  /** The project's configuration is read. */
  afterContextCreated?(info: ContextInfo): void | Promise<void>
  /** The datasets of the catalog and of its factories are known. */
  afterCatalogCreated?(
    info: ContextInfo & { readonly datasets: Readonly<Record<string, CatalogDataset>> },
  ): void | Promise<void>
  /** The run has its id. With workers elsewhere its first nodes may run already. */
  beforePipelineRun?(info: PipelineRunInfo): void | Promise<void>
  afterPipelineRun?(info: PipelineRunInfo): void | Promise<void>
  onPipelineError?(info: PipelineRunInfo & { readonly error: string }): void | Promise<void>
  /** The inputs are loaded. What is returned takes the place of those of the same names, unchecked. */
  beforeNodeRun?(
    info: NodeRunInfo & { readonly inputs: ValuesByName },
  ): InputOverrides | Promise<InputOverrides>
  /** The outputs are saved, and not committed yet. */
  afterNodeRun?(
    info: NodeRunInfo & { readonly inputs: ValuesByName; readonly outputs: ValuesByName },
  ): void | Promise<void>
  onNodeError?(info: NodeRunInfo & { readonly error: unknown }): void | Promise<void>
  beforeDatasetLoaded?(info: NodeRunInfo & { readonly dataset: string }): void | Promise<void>
  afterDatasetLoaded?(
    info: NodeRunInfo & { readonly dataset: string; readonly value: unknown },
  ): void | Promise<void>
  beforeDatasetSaved?(
    info: NodeRunInfo & { readonly dataset: string; readonly value: unknown },
  ): void | Promise<void>
  afterDatasetSaved?(
    info: NodeRunInfo & { readonly dataset: string; readonly value: unknown },
  ): void | Promise<void>
}
