import type { Metric } from '@pipewright/engine/internal'

import { deferred } from './deferred.ts'

/** Metrics on their way to MLflow. */
export interface TakenMetrics {
  readonly metrics: readonly Metric[]
  /** Tells those who added them what became of them. */
  readonly settle: (error?: unknown) => void
}

/** Metrics of a running attempt, collected so that a long node costs a call each few seconds, not each second. */
export class MetricBuffer {
  readonly #flush: () => void
  readonly #interval: number
  #metrics: Metric[] = []
  #timer: NodeJS.Timeout | undefined
  #flushed = deferred()

  /** `flush` is called when the metrics should be taken: `interval` ms after the first one, or at 500 of them. */
  constructor(interval: number, flush: () => void) {
    this.#interval = interval
    this.#flush = flush
  }

  /** Adds metrics. The promise settles when they have been logged or refused. */
  add(metrics: readonly Metric[]): Promise<void> {
    this.#metrics.push(...metrics)
    this.#timer ??= setTimeout(this.#flush, this.#interval)
    if (this.#metrics.length >= 500) this.#flush()
    return this.#flushed.promise
  }

  /** Takes what there is. */
  take(): TakenMetrics {
    const metrics = this.#metrics
    const flushed = this.#flushed
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#metrics = []
    this.#flushed = deferred()
    return {
      metrics,
      settle: (error) => {
        if (error === undefined) flushed.resolve()
        else flushed.reject(error)
      },
    }
  }
}
