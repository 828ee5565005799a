// running nodes and pipelines in a test
export { runNode, type NodeResult, type RunNodeOptions } from './run-node.ts'
export {
  runPipeline,
  type PipelineNodeResult,
  type PipelineResult,
  type RunPipelineOptions,
} from './run-pipeline.ts'
export type { LogLine } from './recorded-log.ts'
export type { RecordedMetric } from './recorded-metric.ts'

// suites for storages and format drivers of one's own
export type { ConformanceCase } from './conformance-case.ts'
export {
  driverConformance,
  type DriverConformanceOptions,
  type DriverSample,
} from './driver-conformance.ts'
export { storageConformance, type StorageConformanceOptions } from './storage-conformance.ts'
