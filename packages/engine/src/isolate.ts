// What a thread or process that runs nodes needs, and no more: each loads it anew, and Redis has no business there.

// execution of one attempt
export { describeFailure } from './run/describe-failure.ts'
export { executeNode } from './run/execute-node.ts'
export { frame, FrameReader, longestFrame } from './run/frames.ts'
export type { LogLevel, NodeLog } from './definition/node-context.ts'

export { callProjectHooks } from './run/project-hooks.ts'

// what nodes in other languages need beside it
export { findDriver } from './catalog/drivers/index.ts'
export { EncodedInput } from './catalog/encoded-input.ts'
export { fromStored, toStored } from './catalog/validate.ts'
export { sha256 } from './plan/canonical-json.ts'

// names in messages
export { didYouMean } from './definition/nearest.ts'

// the project, its configuration and its datasets
export { DatasetStore } from './catalog/dataset-store.ts'
export type { Catalog } from './catalog/entry.ts'
export { mask, maskAll } from './config/known-secrets.ts'
export { catalogAccess, openProjectStorage } from './config/project-storage.ts'
export { findAddress } from './mlflow/find-address.ts'
export { openMlflowSource } from './mlflow/open-source.ts'
export { findProject } from './config/find-project.ts'
export { loadConfig, type Config } from './config/load-config.ts'
export { catalogFor } from './config/read-catalog.ts'
export { datasetNames } from './definition/dataset-names.ts'
export { datasetOf, findKept } from './definition/variant.ts'
export { canonicalJson } from './plan/canonical-json.ts'
export type { SchedulesConfig } from './config/schedules-schema.ts'
export type { QueueRate } from './config/pipewright-schema.ts'
export { loadProject } from './config/load-project.ts'

// records of runs
export { CatalogRead } from './run/catalog-read.ts'
export { DatasetReference } from './run/dataset-reference.ts'
export { Metric } from './run/metric.ts'
export { NodeFailure } from './run/node-failure.ts'
export { RunInputs } from './run/run-input.ts'
