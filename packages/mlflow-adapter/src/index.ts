// running the adapter
export { startAdapter, type Adapter, type AdapterOptions, type AdapterStatus } from './adapter.ts'
export { settingsOf, type AdapterSettings, type AdapterSettingsInput } from './settings.ts'
export type { AdapterLog } from './log.ts'
export type { ReadStore } from './recording.ts'
export type { ReadStream } from './artifacts/source.ts'

// which data went through which runs
export { openLineage, type OpenedLineage } from './lineage/open-lineage.ts'
export type {
  DatasetContent,
  LineageSource,
  NodeLineage,
  ReadContent,
  RunLineage,
} from './lineage/run-lineage.ts'

// errors
export { MlflowError } from './failure.ts'
