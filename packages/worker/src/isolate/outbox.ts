import type { LogLevel, Metric } from '@pipewright/engine/isolate'

import type { FromIsolate } from './messages.ts'
import { plainFields } from './plain-fields.ts'

/** Longest time in ms that a message waits for the event loop to turn: a synchronous loop still reports while it runs. */
const longestWait = 100
/** Messages and metrics that are sent together at most. */
const mostTogether = 1000

/** Gathers an isolate's messages, so that all of one turn of its event loop cross at once. */
export class Outbox {
  readonly #send: (batch: readonly FromIsolate[]) => void
  #batch: FromIsolate[] = []
  #metrics: { readonly id: number; readonly values: Metric[] } | undefined
  #size = 0
  #since = 0

  constructor(send: (batch: readonly FromIsolate[]) => void) {
    this.#send = send
  }

  push(message: FromIsolate): void {
    this.#metrics = undefined
    this.#batch.push(message)
    this.#added()
  }

  log(
    id: number | undefined,
    level: LogLevel,
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    // The user's own types are not relied on: what cannot cross would take the whole batch with it.
    this.push({ type: 'log', id, level, message: String(message), fields: plainFields(fields) })
    this.#flushIfLate(Date.now())
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
    this.#flushIfLate(metric[3])
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

  #added(): void {
    if (this.#size++ > 0) return
    this.#since = Date.now()
    setImmediate(() => this.flush())
  }

  #flushIfLate(now: number): void {
    if (now - this.#since >= longestWait || this.#size >= mostTogether) this.flush()
  }
}
