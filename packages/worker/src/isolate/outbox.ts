import type { LogLevel, Metric } from '@pipewright/engine/isolate'

import { LineLimit } from './line-limit.ts'
import type { FromIsolate } from './messages.ts'
import { plainFields } from './plain-fields.ts'

/**
 * Log lines and metrics leave at once, so that one can follow a synchronous loop; after ten in this many ms the rest
 * waits for the event loop to turn, or for the next such time.
 */
const window = 100
const promptly = 10
/** Messages and metrics that are sent together at most. */
const mostTogether = 1000

/** Gathers an isolate's messages, so that all of one turn of its event loop cross at once. */
export class Outbox {
  readonly #send: (batch: readonly FromIsolate[]) => void
  #batch: FromIsolate[] = []
  #metrics: { readonly id: number; readonly values: Metric[] } | undefined
  #size = 0
  #windowStart = 0
  #sentInWindow = 0
  readonly #limit = new LineLimit()

  constructor(send: (batch: readonly FromIsolate[]) => void) {
    this.#send = send
  }

  push(message: FromIsolate): void {
    if (message.type === 'result') this.#tellLeftOut(message.id)
    this.#metrics = undefined
    this.#batch.push(message)
    this.#added()
  }

  log(
    id: number | undefined,
    level: LogLevel,
    message: unknown,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    if (!this.#limit.admit()) return
    this.#tellLeftOut(id)
    // Callers from JavaScript log anything, and what cannot cross would take the whole batch with it.
    this.push({ type: 'log', id, level, message: String(message), fields: plainFields(fields) })
    this.#report(Date.now())
  }

  /** Values of one attempt that follow each other share a message. */
  metric(id: number, metric: Metric): void {
    if (this.#metrics?.id === id) {
      this.#metrics.values.push(metric)
      this.#size++
    } else {
      const values = [metric]
      this.push({ type: 'metrics', id, metrics: values })
      this.#metrics = { id, values }
    }
    this.#report(metric[3])
  }

  /** Sends what is there now. */
  flush(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#metrics = undefined
    this.#size = 0
    this.#send(batch)
  }

  #tellLeftOut(id: number | undefined): void {
    const message = this.#limit.takeNotice()
    if (message !== undefined) this.push({ type: 'log', id, level: 'warn', message, fields: {} })
  }

  #added(): void {
    if (this.#size++ === 0) setImmediate(() => this.flush())
  }

  #report(now: number): void {
    if (now - this.#windowStart >= window) {
      this.#windowStart = now
      this.#sentInWindow = 0
    }
    if (this.#sentInWindow >= promptly && this.#size < mostTogether) return
    this.#sentInWindow++
    this.flush()
  }
}
