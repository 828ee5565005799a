import type { OwnMetric } from './bound.ts'

interface Entry {
  readonly at: number
  readonly milliseconds: number
  readonly failed: boolean
}

/** How much a record keeps. */
export interface RecordOptions {
  /** Older requests do not count, in ms. */
  readonly window: number
  /** With fewer requests there is no metric. */
  readonly minRequests: number
}

const mostEntries = 1000

/** What became of the last requests that a version got: at most 1,000, and none older than the window. */
export class TrafficRecord {
  readonly #options: RecordOptions
  readonly #now: () => number
  readonly #requests: Entry[] = []
  readonly #shadows: Entry[] = []
  #requestsInAll = 0
  #failuresInAll = 0

  constructor(options: RecordOptions, now: () => number = () => performance.now()) {
    this.#options = options
    this.#now = now
  }

  /** Notes an answer. `failed` is the model's own fault only. */
  note(milliseconds: number, failed: boolean): void {
    this.#requestsInAll++
    if (failed) this.#failuresInAll++
    this.#keep(this.#requests, { at: this.#now(), milliseconds, failed })
  }

  /** Notes whether the answer to a shadow request was another than that which the caller got. */
  noteShadow(differs: boolean): void {
    this.#keep(this.#shadows, { at: this.#now(), milliseconds: 0, failed: differs })
  }

  /** Requests and failures since the version came into service. */
  get totals(): { readonly requests: number; readonly failures: number } {
    return { requests: this.#requestsInAll, failures: this.#failuresInAll }
  }

  /** The value of a metric over the window; undefined when too few requests are in it. */
  value(metric: OwnMetric): number | undefined {
    const entries = this.#recent(metric === 'disagreement' ? this.#shadows : this.#requests)
    if (entries.length < this.#options.minRequests) return undefined
    if (metric === 'error_rate' || metric === 'disagreement') {
      return entries.filter(({ failed }) => failed).length / entries.length
    }
    const share = { latency_p50: 0.5, latency_p95: 0.95, latency_p99: 0.99 }[metric]
    const sorted = entries.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  }

  #keep(entries: Entry[], entry: Entry): void {
    entries.push(entry)
    // Cut seldom: moving a thousand entries for each new one would cost more than the request's own bookkeeping.
    if (entries.length > 2 * mostEntries) entries.splice(0, entries.length - mostEntries)
  }

  #recent(entries: readonly Entry[]): readonly Entry[] {
    const oldest = this.#now() - this.#options.window
    return entries.slice(-mostEntries).filter(({ at }) => at >= oldest)
  }
}
