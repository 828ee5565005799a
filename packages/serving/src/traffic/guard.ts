import type { FoundModel } from '../source/model-source.ts'
import { crossed, ownMetrics, type Bound } from './bound.ts'
import type { Serving, Slot } from './slot.ts'

/** What happens when a bound is crossed. */
export type OnCrossed = (slot: Slot, serving: Serving, reason: string) => void

/** How often a slot is looked at, at most, in ms: sorting a thousand latencies for each request would be felt. */
const lookEvery = 50

/** Compares what versions do with the bounds. */
export class Guard {
  readonly #bounds: readonly Bound[]
  readonly #onCrossed: OnCrossed
  readonly #due = new WeakSet<Slot>()

  constructor(bounds: readonly Bound[], onCrossed: OnCrossed) {
    this.#bounds = bounds
    this.#onCrossed = onCrossed
  }

  /** Names of metrics that come from MLflow. */
  get recorded(): readonly string[] {
    return this.#bounds.flatMap(({ metric }) => recordedName(metric) ?? [])
  }

  /** Looks at what the server measured itself: soon, for more may be on its way, and whatever comes or does not. */
  look(slot: Slot): void {
    if (this.#due.has(slot)) return
    this.#due.add(slot)
    setTimeout(() => {
      this.#due.delete(slot)
      this.#lookNow(slot)
    }, lookEvery).unref()
  }

  #lookNow(slot: Slot): void {
    const serving = slot.current
    if (serving === undefined) return
    this.#compare(slot, serving, ({ metric }) => {
      const own = ownMetrics.find((name) => name === metric)
      return own === undefined ? undefined : serving.record.value(own)
    })
  }

  /** Looks at what MLflow has for the version. */
  lookAtRecorded(slot: Slot, model: FoundModel, metrics: ReadonlyMap<string, number>): void {
    const serving = slot.current
    if (serving?.deployment.model !== model) return
    this.#compare(slot, serving, ({ metric }) => metrics.get(recordedName(metric) ?? ''))
  }

  #compare(slot: Slot, serving: Serving, valueOf: (bound: Bound) => number | undefined): void {
    for (const bound of this.#bounds) {
      const reason = crossed(bound, valueOf(bound))
      if (reason === undefined) continue
      this.#onCrossed(slot, serving, reason)
      return
    }
  }
}

function recordedName(metric: string): string | undefined {
  return metric.startsWith('mlflow.') ? metric.slice('mlflow.'.length) : undefined
}
