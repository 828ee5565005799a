// definitions
export {
  dataset,
  partitioned,
  stream,
  table,
  type Dataset,
  type Partition,
  type Partitions,
  type Value,
} from './definition/dataset.ts'
export { Image } from './definition/image.ts'
export { param, type Param, type ParamsDeclaration, type ParamsInput } from './definition/param.ts'
export {
  node,
  type Datasets,
  type Isolation,
  type Node,
  type NodeDefinition,
  type Values,
} from './definition/node.ts'
export { branch, type BranchDefinition } from './definition/branch.ts'
export type { Trigger } from './definition/trigger.ts'
export type { NodeContext, NodeLog } from './definition/node-context.ts'
export { pipeline, type Pipeline, type PipelineOptions } from './definition/pipeline.ts'
export type {
  PipelineOutputs,
  PipelineParams,
  PipelineResult,
} from './definition/pipeline-types.ts'
export { slice, type SliceOptions } from './definition/slice.ts'
export { namespace, type Kept, type NamespaceOptions } from './definition/namespace.ts'
export {
  inferencePipeline,
  type EvaluationOptions,
  type InferenceOptions,
  type InferencePipeline,
} from './model/inference-pipeline.ts'
export { defineProject, type Project } from './definition/project.ts'
export type {
  MlflowHeaderContext,
  MlflowHeaderProvider,
  MlflowHeaders,
} from './definition/mlflow-headers.ts'
export type {
  CatalogDataset,
  ContextInfo,
  Hooks,
  NodeRunInfo,
  PipelineRunInfo,
} from './definition/hooks.ts'
export type { Duration } from './definition/duration.ts'
export type { PipelineConcurrency } from './definition/concurrency.ts'
export type { Amounts, Resources } from './definition/resources.ts'
export type { Backoff, RetryPolicy } from './definition/retry-policy.ts'

// errors
export {
  ConfigError,
  DatasetError,
  FatalNodeError,
  InfrastructureError,
  NodeError,
  NodeTimeoutError,
  PipelineError,
  PipewrightError,
  UsageError,
} from './errors.ts'
