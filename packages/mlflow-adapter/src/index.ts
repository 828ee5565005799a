// running the adapter
export { startAdapter, type Adapter, type AdapterOptions, type AdapterStatus } from './adapter.ts'
export { settingsOf, type AdapterSettings, type AdapterSettingsInput } from './settings.ts'
export type { AdapterLog } from './log.ts'
export type { ReadStore } from './recording.ts'
export type { ReadStream } from './artifacts/source.ts'

// which data went through which runs
export { openLineage, type LineageOptions, type OpenedLineage } from './lineage/open-lineage.ts'
export type { VersionAddress } from './lineage/mlflow-versions.ts'
export type {
  DatasetContent,
  LineageSource,
  ModelVersion,
  NodeLineage,
  ReadContent,
  RunLineage,
} from './lineage/run-lineage.ts'

// asking a server
export { checkServer, type ServerCheck, type ServerCheckOptions } from './check-server.ts'
export { longParams } from './params.ts'

// the model registry
export { openRegistry, type Registry, type RegistryOptions } from './registry/registry.ts'
export type { KnownVersion, Measured } from './registry/known-version.ts'
export type { Verdict } from './registry/gate.ts'
export { promote, rollback, type PromoteOptions, type Promotion } from './registry/promotion.ts'
export { compareVersions, type Comparison } from './registry/compare.ts'

// artifacts that the rules no longer keep
export { pruneArtifacts, type PruneArtifactsOptions } from './artifacts/open-prune.ts'
export type { PrunedArtifact, PrunedArtifacts } from './artifacts/prune-artifacts.ts'

// errors
export { MlflowError } from './failure.ts'

// MLflow's API for other packages
export { Http, type HttpOptions } from './http.ts'
export type { AccessSettings } from './access.ts'
export type { Endpoint } from './rest/endpoint.ts'
export { artifactAddress, artifactFolder, listArtifacts } from './rest/artifacts.ts'
export {
  deleteAlias,
  getDownloadUri,
  getModelVersion,
  getVersionByAlias,
  setAlias,
} from './rest/registry.ts'
