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

/**
 * Observers of a project, with Kedro's names. A throwing hook is logged and changes nothing. Hooks of nodes and datasets run
 * where the node runs, each time an attempt does; those of pipelines are called by `runPipeline` only, for a run over workers
 * has no one place to call them from: follow its events instead.
 */
export interface Hooks {
  beforePipelineRun?(info: PipelineRunInfo): void | Promise<void>
  afterPipelineRun?(info: PipelineRunInfo): void | Promise<void>
  onPipelineError?(info: PipelineRunInfo & { readonly error: string }): void | Promise<void>
  beforeNodeRun?(
    info: NodeRunInfo & { readonly inputs: Readonly<Record<string, unknown>> },
  ): void | Promise<void>
  afterNodeRun?(
    info: NodeRunInfo & { readonly outputs: Readonly<Record<string, unknown>> },
  ): void | Promise<void>
  onNodeError?(info: NodeRunInfo & { readonly error: unknown }): void | Promise<void>
  beforeDatasetLoaded?(info: NodeRunInfo & { readonly dataset: string }): void | Promise<void>
  afterDatasetLoaded?(
    info: NodeRunInfo & { readonly dataset: string; readonly value: unknown },
  ): void | Promise<void>
  beforeDatasetSaved?(
    info: NodeRunInfo & { readonly dataset: string; readonly value: unknown },
  ): void | Promise<void>
  afterDatasetSaved?(info: NodeRunInfo & { readonly dataset: string }): void | Promise<void>
}
