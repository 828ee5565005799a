import { mask } from '@pipewright/engine/internal'

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

/** How much of a log people want to read. */
export interface NoticeLogOptions {
  /** Also `debug`, and what a live view tells in its own way. */
  readonly verbose?: boolean | undefined
  /** Errors alone. */
  readonly quiet?: boolean | undefined
}

const silent: Entry = () => undefined

/** A log for people, on standard error. */
export function noticeLog({ verbose = false, quiet = false }: NoticeLogOptions): NoticeLog {
  const told = verbose ? () => false : isToldByView
  return {
    debug: verbose ? writer('debug', told) : silent,
    info: quiet ? silent : writer('info', told),
    warn: quiet ? silent : writer(paint('yellow', 'warning', process.stderr), told),
    error: writer(paint('red', 'error', process.stderr), told),
  }
}

/** The same line again says nothing new: an outage would fill the screen with it. */
const repeatAfter = 10_000

function writer(level: string, skip: (message: unknown) => boolean): Entry {
  let last = { line: '', at: -Infinity }
  return (fields, message) => {
    if (skip(message)) return
    const line = mask(noticeText(level, fields, message))
    if (line === last.line && performance.now() - last.at < repeatAfter) return
    last = { line, at: performance.now() }
    printNotice(line)
  }
}

/** The worker's own words on the end of an attempt: views and reports say the same from the ledger. */
function isToldByView(message: unknown): boolean {
  return typeof message === 'string' && /^(Will be tried again|The node run ended as)/.test(message)
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
