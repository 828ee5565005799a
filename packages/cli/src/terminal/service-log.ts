import type { OutputOptions } from '../options/output-options.ts'
import { noticeLog, type NoticeLog } from './notice-log.ts'
import { printJson } from './output.ts'

/** The log of a service: text on a terminal, else JSON lines on standard output. */
export function serviceLog(options: OutputOptions): Pick<NoticeLog, 'info' | 'warn' | 'error'> {
  if (process.stdout.isTTY && options.json !== true) return noticeLog(options)
  return { info: jsonLines('info'), warn: jsonLines('warn'), error: jsonLines('error') }
}

function jsonLines(level: string): (fields: unknown, message?: unknown) => void {
  return (fields, message) =>
    printJson({ time: new Date().toISOString(), level, message, ...Object(fields) })
}
