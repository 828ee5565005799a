import { printNotice } from './output.ts'
import { paint } from './paint.ts'

type Entry = (fields: unknown, message?: unknown) => void

/** A log that worker and adapter write to, as lines for people on standard error. */
export interface NoticeLog {
  readonly debug: Entry
  readonly info: Entry
  readonly warn: Entry
  readonly error: Entry
}

const silent: Entry = () => undefined

function writer(level: string): Entry {
  return (fields, message) => printNotice(noticeText(level, fields, message))
}

/** @param verbose Also `info` and `debug`. */
export function noticeLog(verbose: boolean): NoticeLog {
  return {
    debug: verbose ? writer('debug') : silent,
    info: verbose ? writer('info') : silent,
    warn: writer(paint('yellow', 'warning', process.stderr)),
    error: writer(paint('red', 'error', process.stderr)),
  }
}

function noticeText(level: string, fields: unknown, message: unknown): string {
  if (typeof fields === 'string') return `${level}: ${fields}`
  const { node, attempt, ...rest } = recordOf(fields)
  const where =
    typeof node === 'string'
      ? `${node}${Number(attempt) > 1 ? ` (attempt ${String(attempt)})` : ''}: `
      : ''
  const details = Object.entries(rest)
    .filter(([key]) => key !== 'err' && key !== 'run' && key !== 'suppressed')
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return `${level}: ${where}${typeof message === 'string' ? message : ''}${details.join('')}`
}

function recordOf(fields: unknown): Readonly<Record<string, unknown>> {
  // Only spread and read, whatever object it is.
  return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}
}
