// plan
export { canonicalJson, sha256 } from './plan/canonical-json.ts'
export { checkInputs } from './plan/check-inputs.ts'
export { compile } from './plan/compile.ts'
export { describeParams, type ParamDescription } from './plan/describe-params.ts'
export { madeInputs } from './plan/made-inputs.ts'
export { declinedBy } from './plan/next-step.ts'
export {
  elementAt,
  elementName,
  elementsOf,
  inShape,
  parseElementName,
  placeOf,
  type MapShape,
} from './plan/map-shape.ts'
export {
  fingerprintOfAll,
  nodeFingerprint,
  type CodeFiles,
  type NodeCode,
} from './plan/fingerprint.ts'
export {
  admissionQueue,
  jobQueue,
  laneOf,
  neededBy,
  queuesOf,
  userQueue,
} from './plan/queue-name.ts'
export { parseParamArguments } from './plan/param-arguments.ts'
export type { CompiledPlan, Plan, PlanMap, PlanNode } from './plan/plan.ts'
export {
  resolveParams,
  type ResolvedParams,
  type ResolveParamsOptions,
} from './plan/resolve-params.ts'

// execution of one attempt
export { describeFailure, type DescribedFailure } from './run/describe-failure.ts'
export { callHooks } from './run/hook-calls.ts'
export { callProjectHooks } from './run/project-hooks.ts'
export { MetricBuffer } from './run/metric-buffer.ts'
export { executeNode, type ExecuteNodeOptions } from './run/execute-node.ts'
export type { OnMetric } from './run/metric-recorder.ts'

// names of datasets
export { datasetNames } from './definition/dataset-names.ts'
export { datasetOf, fileStem, findKept } from './definition/variant.ts'

// names in messages
export { didYouMean, nearest } from './definition/nearest.ts'

// following the outbox and the ledger from outside
export {
  observe,
  type Observer,
  type ObserverConnection,
  type ObserverOptions,
} from './redis/observer.ts'
export type { LedgerReader, RunHeader } from './redis/ledger-reader.ts'
export type { DeadLetterReason, OutboxEntry, OutboxReader } from './redis/outbox.ts'
export { publishPipeline, type PublishedPipeline } from './redis/published-pipelines.ts'
export { sweepPlans } from './redis/plan-sweep.ts'
export { chooseRuns, pruneRuns, sweepRuns } from './redis/prune.ts'
export { capOutbox, type OutboxLimits } from './redis/outbox-cap.ts'
export type { RecordedRuns } from './redis/recorded-runs.ts'
export type { ConsumerLease } from './redis/consumer-lease.ts'
export type { RecordingTrouble, Trouble } from './redis/recording-trouble.ts'

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
export { CatalogRead, fitReads } from './run/catalog-read.ts'
export { contentDigest } from './run/content-digest.ts'
export { DatasetReference } from './run/dataset-reference.ts'
export {
  decodeElementRecord,
  elementRecordOf,
  elementReference,
  encodeElementRecord,
  type ElementOutput,
  type ElementRecord,
} from './run/element-record.ts'
export type { Column, DatasetSummary } from './run/dataset-summary.ts'
export { Metric } from './run/metric.ts'
export { NodeFailure } from './run/node-failure.ts'
export { RunInputs } from './run/run-input.ts'

// the ledger
export * as keys from './redis/keys.ts'
export {
  assertReachable,
  checkPrefix,
  defaultPrefix,
  defaultRedisUrl,
  openRedis,
  withoutPassword,
} from './redis/connection.ts'
export {
  bullScripts,
  bullText,
  digest,
  scriptText,
  setPrelude,
  setRewrite,
  type ScriptName,
} from './redis/script-text.ts'
export { runScript } from './redis/script.ts'
export { readPaused, setRates } from './redis/pause.ts'
export { amountsOf, type Amounts } from './definition/resources.ts'
export type { QueueRate } from './config/pipewright-schema.ts'
export { Ledger, type NoteReply, lowWaterOf, type Advanced } from './redis/ledger.ts'
export { parseLeft, type LeftNodeRun } from './redis/left-node-run.ts'
export { chunksOf, readPlan, storePlan } from './redis/plan-store.ts'
export { generationOf, JobData } from './redis/job-data.ts'
export { keepResults, type KeptResult } from './redis/kept-results.ts'
export { readElements, readFailedElements, readMap, type MapState } from './redis/map-state.ts'
export {
  LedgerBackend,
  ledgerBackendFactory,
  type Claim,
  type ClaimGate,
  type Settled,
  type Start,
} from './redis/queue-backend.ts'
export type { KeptOutput, NextGeneration, Outcome, Settlement } from './redis/settlement.ts'

// when writes are durable
export { openDurability, type Durability } from './redis/durability.ts'
export type { DurabilityMode, DurabilityOptions } from './redis/durability-options.ts'

// definitions
export type { LogLevel, NodeContext, NodeLog } from './definition/node-context.ts'
export { retryDelay } from './definition/retry-policy.ts'

// reuse: what is kept of earlier runs
export { borrowFiles } from './redis/lent.ts'
export { assertEnded } from './client/resume/read-ended.ts'
export { resumedParams } from './client/resume/resumed-params.ts'
export { keepCodes, shortened as shortenedFiles } from './redis/code-store.ts'
export { earlierNodes, readMade } from './client/resume/earlier-nodes.ts'
export { readRecorded } from './client/diff/read-recorded.ts'
export type { RecordedRun } from './client/diff/recorded-node.ts'
export { nodeRunFingerprint } from './plan/fingerprint-run.ts'
export type { CodeBasis, NodeBasis } from './plan/compare.ts'
export type { Content } from './plan/difference.ts'
export { planResume, type EarlierNode, type ResumeFacts } from './plan/resume-plan.ts'

// definitions that no worker runs yet
export { map, type MappedNode, type MapOptions } from './definition/map.ts'
export type { PartitionElement } from './definition/map-types.ts'

// catalog: where datasets lie
export { DatasetStore, type DatasetStoreOptions } from './catalog/dataset-store.ts'
export type { MissingDataset } from './catalog/catalog-reader.ts'
export { catalogVersion } from './catalog/catalog-file.ts'
export { readerOf } from './catalog/configured-driver.ts'
export { driverNames, findDriver } from './catalog/drivers/index.ts'
export type { Driver } from './catalog/driver.ts'
export { headBytes, columnsOfRows, type ByteSource, type Head } from './catalog/head.ts'
export type { Catalog, CatalogEntry } from './catalog/entry.ts'
export { LocalStorage } from './catalog/local-storage.ts'
export { RunFiles } from './catalog/run-files.ts'
export { openStorage, type StorageAccess } from './catalog/open-storage.ts'
export type { CatalogAccess, CredentialSource } from './catalog/catalog-access.ts'
export type { NetworkPolicy } from './catalog/network-policy.ts'
export { catalogAccess, openProjectStorage } from './config/project-storage.ts'

// secrets
export type { Credentials } from './config/credentials.ts'
export { mask, maskAll } from './config/known-secrets.ts'
export { Secret } from './config/secret.ts'

export { allowInput, type AllowedInput } from './catalog/allowed-input.ts'
export { openMlflowSource } from './mlflow/open-source.ts'
export type { ByteRange, Storage } from './catalog/storage.ts'
export { runFolder, storePath, type AttemptPlace } from './catalog/store-path.ts'

// configuration
export { findProject, type ProjectPlace } from './config/find-project.ts'
export { loadProject } from './config/load-project.ts'
export { readProjectCode, type CodeOfNode, type ProjectCode } from './config/project-code.ts'
export { loadConfig, type Config, type LoadConfigOptions } from './config/load-config.ts'
export { catalogFor } from './config/read-catalog.ts'
export type { CatalogFactories } from './config/catalog-factories.ts'
export { findParameter, type Parameters } from './config/parameters.ts'
export type { ConfigRemark } from './config/mlflow-remarks.ts'
export { secretNames, type MlflowConfig } from './config/mlflow-schema.ts'
export type { MlflowServerConfig } from './config/mlflow-server-schema.ts'
export type {
  ArtifactPolicyConfig,
  ArtifactRuleConfig,
  ArtifactsConfig,
  KeepConfig,
} from './config/artifacts-schema.ts'
export {
  defaultKeep,
  defaultOutboxBytes,
  type PipewrightConfig,
  type QueueConfig,
} from './config/pipewright-schema.ts'

// files of others in YAML, such as MLflow's
export { parseYaml } from './config/parse-yaml.ts'
export {
  ServerSchema,
  type ServerConfig,
  type ServerScope,
  type ServerToken,
} from './config/server-schema.ts'
export { plain } from './config/tree.ts'

// places at which tests kill, freeze or fail a process
export { crashPoint, type CrashPoint } from './fault/crash-point.ts'

// trouble of Redis
export { asking, isOfRedis, isPassing, redisError } from './redis/redis-error.ts'
export { lastProblem } from './redis/last-problem.ts'
export { LogLimit, withLeftOut } from './redis/log-limit.ts'
export { checkServer, clockSkew, mostSkew, skewText } from './redis/server-check.ts'

// schedules
export { Lane } from './schedule/lane.ts'
export { publishSchedules, restoreSchedules } from './schedule/schedule-store.ts'
export { Scheduler, type SchedulerOptions } from './schedule/scheduler.ts'
export type { SlotRuns } from './schedule/slot-run.ts'
export type { SchedulesConfig } from './config/schedules-schema.ts'

// presence of workers
export {
  beat,
  beatEvery,
  readWorkers,
  redisTime,
  removeWorker,
  type KnownWorker,
  type ServedQueue,
  type WorkerProblem,
} from './redis/presence.ts'
export { lookAtStore, shareStore, StoreRecord } from './redis/shared-store.ts'
export { notePublicationProblem } from './redis/publication-problem.ts'
