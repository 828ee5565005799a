// running the adapter
export { startAdapter, type Adapter, type AdapterOptions, type AdapterStatus } from './adapter.ts'
export type { AdapterSettings, AdapterSettingsInput } from './settings.ts'
export type { AdapterLog } from './log.ts'
export type { ReadStore } from './recording.ts'

// errors
export { MlflowError } from './failure.ts'
