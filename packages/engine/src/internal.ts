// plan
export { canonicalJson, sha256 } from './plan/canonical-json.ts'
export { checkInputs } from './plan/check-inputs.ts'
export { compile } from './plan/compile.ts'
export { parseParamArguments } from './plan/param-arguments.ts'
export type { CompiledPlan, Plan, PlanNode } from './plan/plan.ts'
export { resolveParams, type ResolvedParams, type ResolveParamsOptions } from './plan/resolve-params.ts'

// execution of one attempt
export { describeFailure, type DescribedFailure } from './run/describe-failure.ts'
export { callHooks } from './run/hook-calls.ts'
export { MetricBuffer } from './run/metric-buffer.ts'
export { executeNode, type ExecuteNodeOptions } from './run/execute-node.ts'
export type { OnMetric } from './run/metric-recorder.ts'

// names in messages
export { didYouMean, nearest } from './definition/nearest.ts'

// following the outbox and the ledger from outside
export { observe, type Observer, type ObserverConnection, type ObserverOptions } from './redis/observer.ts'
export type { LedgerReader, RunHeader } from './redis/ledger-reader.ts'
export type { DeadLetterReason, OutboxEntry, OutboxReader } from './redis/outbox.ts'
export type { RecordedRuns } from './redis/recorded-runs.ts'
export type { ConsumerLease } from './redis/consumer-lease.ts'

// records of runs
export {
  Event,
  NodeFinished,
  NodeLost,
  NodeMetrics,
  NodeRetrying,
  NodeStarted,
  RunCreated,
  RunFinished,
} from './run/event.ts'
export { DatasetReference } from './run/dataset-reference.ts'
export { Metric } from './run/metric.ts'
export { NodeFailure } from './run/node-failure.ts'
