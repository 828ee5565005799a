export { connect } from './connect.ts'
export { Client, type Pausable } from './client.ts'
export type { EnqueueOptions } from './order.ts'
export type { PublishedPipeline } from '../redis/published-pipelines.ts'
export type { ParamDescription } from '../plan/describe-params.ts'
export type { Paused } from '../redis/pause.ts'
export type { DurabilityMode } from '../redis/durability-options.ts'
export type { PruneOptions } from './prune.ts'
export type { Pruned, PrunedRun } from '../redis/prune.ts'
export { runOrigin, type RunOriginOptions } from './origin/run-origin.ts'
export type { RunFilter, RunPage, Runs } from './runs.ts'
export type {
  BackfillOptions,
  KnownSchedule,
  ScheduleInput,
  Schedules,
} from '../schedule/schedules.ts'
export type { RunInput, RunInputs } from '../run/run-input.ts'
export { RunHandle } from './run-handle.ts'
export type { ConnectOptions } from '../redis/connection.ts'
export type { NodeRun, Run } from '../run/run.ts'
export type { NodeFinished } from '../run/event.ts'
export type { NodeFailure } from '../run/node-failure.ts'
export type { DatasetReference } from '../run/dataset-reference.ts'
export type { Plan, PlanNode } from '../plan/plan.ts'
export { isTerminal, type Status, type TerminalStatus } from '../run/status.ts'
export type { KnownWorker, ServedQueue } from '../redis/presence.ts'
export {
  isSame,
  RunDiff,
  type DiffedRun,
  type MetricDiff,
  type NodeDiff,
  type ResultDifference,
} from './diff/answer.ts'
export { nodeDiffText } from './diff/diff-text.ts'
export type { KeptCheck, ResumeFactsOfNow } from './resume/plan-of-resumption.ts'
export type { NodeResumption, ResumeReason } from '../plan/resume-reason.ts'
export { nodeResumptionText } from '../plan/resume-text.ts'
export type { Content, Difference, FileDifference } from '../plan/difference.ts'
export { NodeWhy, RunWhy, type ReasonGroup, type RunReason } from './why/answer.ts'
export type { NodeReason, ReasonText, RootReason } from './why/reason.ts'
export { nodeReasonText, runReasonText } from './why/reason-text.ts'
export type { RunEvent, RunEventsOptions } from '../redis/run-events.ts'
export { isLastCursor } from '../redis/event-cursor.ts'
export type { Event } from '../run/event.ts'
