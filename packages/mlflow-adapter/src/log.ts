/** Where the adapter says what happens to it; a pino logger fits. */
export interface AdapterLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** Says nothing. */
export const silent: AdapterLog = { info() {}, warn() {}, error() {} }
