// serving
export { serveModel, type ModelServer, type ServeOptions } from './serve-model.ts'
export type { ServingSettings, ServingSettingsInput } from './settings.ts'
export type { SlotStatus } from './http/status.ts'
export type { ServingLog } from './log.ts'

// where models come from
export { folderSource } from './source/folder-source.ts'
export { openRegistrySource, type RegistrySourceOptions } from './source/registry-source.ts'
export { parseModelUri, type ModelUri } from './source/model-uri.ts'
export type { FoundModel, ModelSource } from './source/model-source.ts'
