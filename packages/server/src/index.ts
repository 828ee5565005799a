// server
export { startServer, type ApiServer, type ServerOptions } from './start-server.ts'
export type { ServerInput } from './settings.ts'
export type { ServerLog } from './log.ts'

// tokens
export { makeToken, type MadeToken } from './access/make-token.ts'

// the document
export { openApiDocument, type OpenApiOptions } from './openapi/document.ts'
