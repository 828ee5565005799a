import { clockSkew, mostSkew, skewText } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import type { WorkerLog } from './log.ts'

/** Milliseconds between two looks at the clock of Redis. */
const interval = 10_000

/** Says when the clock of this machine leaves that of Redis while the worker runs, and when it is back. */
export class ClockWatch {
  readonly #redis: Redis
  readonly #log: WorkerLog
  readonly #timer: NodeJS.Timeout
  #looking = false
  #wrong = false

  /** @param every Milliseconds. Default 10,000. */
  constructor(redis: Redis, log: WorkerLog, every: number = interval) {
    this.#redis = redis
    this.#log = log
    this.#timer = setInterval(() => void this.#look(), every)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      this.#tell(await clockSkew(this.#redis))
    } catch {
      // Others say what is wrong with Redis; the start of the worker said that it may not ask.
    } finally {
      this.#looking = false
    }
  }

  #tell(skew: number): void {
    const isWrong = Math.abs(skew) > mostSkew
    if (isWrong === this.#wrong) return
    this.#wrong = isWrong
    const fields = { skew: Math.round(skew) }
    if (!isWrong) {
      this.#log.info(fields, 'The clock of this machine agrees with that of Redis again.')
      return
    }
    const text = `${skewText(skew)} Times of nodes and metrics are wrong until it is set right.`
    this.#log.warn({ ...fields, code: 'CLOCK_SKEW' }, text)
  }
}
