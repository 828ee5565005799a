import { PipewrightError } from '@pipewright/engine'
import { isOfRedis, LogLimit, mask, redisError, withLeftOut } from '@pipewright/engine/internal'
import { pino, type Logger } from 'pino'

/** A worker's log: pino's JSON lines, or any object with the same methods. */
export type WorkerLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/** Levels of a worker's log. */
export type WorkerLogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Bytes of the log that wait for a reader at most. */
const longestBacklog = 4 * 2 ** 20

/**
 * Opens the log of a worker: one JSON line an entry on standard output. Who reads it more slowly than nodes print misses
 * lines, and is told how many: the worker neither waits for its log nor keeps it in memory.
 */
export function openLog(worker: string, level: WorkerLogLevel): Logger {
  const destination = pino.destination({ fd: 1, sync: false, maxLength: longestBacklog })
  // What nodes print comes this way too.
  const log = pino({ level, base: { worker }, hooks: { streamWrite: mask } }, destination)
  let dropped = 0
  destination.on('drop', () => dropped++)
  destination.on('drain', () => {
    if (dropped === 0) return
    const lines = dropped
    dropped = 0
    log.warn({ lines }, 'Lines of this log were dropped: they were read too slowly.')
  })
  return log
}

/** Writes errors as lines of a log: at most eight a second, for an outage must not fill the disk. */
export class QuietLog {
  readonly #log: WorkerLog
  readonly #limit = new LogLimit()

  constructor(log: WorkerLog) {
    this.#log = log
  }

  /** Writes the error, or counts it when ten were written in this second. */
  readonly report = (error: unknown): void => {
    const leftOut = this.#limit.admit()
    if (leftOut === undefined) return
    const known = isOfRedis(error) ? redisError('reach Redis', error) : error
    const code = known instanceof PipewrightError ? { code: known.code } : {}
    const message = withLeftOut(messageOf(error), leftOut)
    this.#log.error({ err: error, ...code, suppressed: leftOut }, message)
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // One of several addresses that were tried has no message of its own.
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}
