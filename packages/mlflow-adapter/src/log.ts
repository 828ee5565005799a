import { LogLimit, withLeftOut } from '@pipewright/engine/internal'

/** Where the adapter says what happens to it; a pino logger fits. */
export interface AdapterLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** Says nothing. */
export const silent: AdapterLog = { info() {}, warn() {}, error() {} }

/** The same log with at most eight warnings and errors a second; the next one says how many were left out. */
export function limitedLog(log: AdapterLog): AdapterLog {
  const limit = new LogLimit()
  const limited =
    (write: AdapterLog['warn']): AdapterLog['warn'] =>
    (fields, message) => {
      const leftOut = limit.admit()
      if (leftOut !== undefined) write(fields, withLeftOut(message, leftOut))
    }
  return {
    info: (fields, message) => log.info(fields, message),
    warn: limited((fields, message) => log.warn(fields, message)),
    error: limited((fields, message) => log.error(fields, message)),
  }
}
