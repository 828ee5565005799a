import type { Metric } from './metric.ts'

/** Metrics of one attempt: those that were not sent yet, and the last value of each key. */
export class MetricBuffer {
  #unsent: Metric[] = []
  readonly #final = new Map<string, Metric[1]>()

  /** Number of metrics that were not drained yet. */
  get size(): number {
    return this.#unsent.length
  }

  /** The last value of each key, in the order in which the keys first came, whether it was drained or not. */
  get finalMetrics(): Readonly<Record<string, Metric[1]>> {
    return Object.fromEntries(this.#final)
  }

  /** An `OnMetric` that can be handed on as it is. */
  readonly add = (key: string, value: Metric[1], step: number, at: number): void => {
    this.#unsent.push([key, value, step, at])
    this.#final.set(key, value)
  }

  /**
   * Takes out everything that was not sent yet, in order, in batches whose JSON is at most `maxBytes` of UTF-8 each. A
   * single metric that is larger makes a batch of its own.
   */
  drain(maxBytes: number): readonly (readonly Metric[])[] {
    const batches: Metric[][] = []
    let batch: Metric[] = []
    let bytes = 2
    for (const metric of this.#unsent) {
      const size = Buffer.byteLength(JSON.stringify(metric)) + 1
      if (batch.length > 0 && bytes + size > maxBytes) {
        batches.push(batch)
        batch = []
        bytes = 2
      }
      batch.push(metric)
      bytes += size
    }
    if (batch.length > 0) batches.push(batch)
    this.#unsent = []
    return batches
  }
}
