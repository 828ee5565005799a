// plan
export { canonicalJson, sha256 } from './plan/canonical-json.ts'
export { compile } from './plan/compile.ts'
export type { CompiledPlan, Plan, PlanNode } from './plan/plan.ts'

// execution of one attempt
export { executeNode, type ExecuteNodeOptions } from './run/execute-node.ts'
export type { OnMetric } from './run/metric-recorder.ts'

// names in messages
export { didYouMean, nearest } from './definition/nearest.ts'
