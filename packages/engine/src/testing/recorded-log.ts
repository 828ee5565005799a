import type { LogLevel, NodeLog } from '../definition/node-context.ts'

/** One line that a node logged. */
export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that keeps its lines. */
export function recordedLog(lines: LogLine[]): NodeLog {
  const at =
    (level: LogLevel): NodeLog['info'] =>
    (message, fields = {}) =>
      void lines.push({ level, message, fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
