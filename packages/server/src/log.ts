/** Where the server tells what happens: pino's methods, or any object with the same. */
export interface ServerLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
