import { pino, type Logger } from 'pino'

/** A worker's log: pino's JSON lines, or any object with the same methods. */
export type WorkerLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/** Levels of a worker's log. */
export type WorkerLogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Opens the log of a worker: one JSON line an entry on standard output. */
export function openLog(worker: string, level: WorkerLogLevel): Logger {
  return pino({ level, base: { worker } })
}

/** Lets through at most so many messages a second, and counts the rest: an outage must not fill the disk. */
export class QuietLog {
  readonly #write: (error: unknown, suppressed: number) => void
  #second = 0
  #written = 0
  #suppressed = 0

  constructor(write: (error: unknown, suppressed: number) => void) {
    this.#write = write
  }

  /** Writes the error unless ten were written in this second. */
  readonly report = (error: unknown): void => {
    const second = Math.floor(Date.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#written = 0
    }
    if (this.#written >= 10) {
      this.#suppressed += 1
      return
    }
    this.#written += 1
    this.#write(error, this.#suppressed)
    this.#suppressed = 0
  }
}
