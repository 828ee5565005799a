// running the adapter
export { startAdapter, type Adapter, type AdapterOptions, type AdapterStatus } from './adapter.ts'
export { settingsOf, type AdapterSettings, type AdapterSettingsInput } from './settings.ts'
export type { AdapterLog } from './log.ts'
export type { ReadStore } from './recording.ts'

// errors
export { MlflowError } from './failure.ts'
