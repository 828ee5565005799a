import { deferred } from '../deferred.ts'

/** So many datasets are remembered; then all are forgotten, which costs a wait each. */
const mostKnown = 100_000

/**
 * Lets the first call that brings a dataset to MLflow go alone. MLflow keeps each dataset of an experiment once, and of two
 * calls that bring the same one at the same moment it refuses one.
 */
export class DatasetTurns {
  readonly #known = new Set<string>()
  readonly #underWay = new Map<string, Promise<void>>()

  /** Makes the call when nobody else is bringing one of these datasets for the first time. */
  async take<Result>(datasets: readonly string[], call: () => Promise<Result>): Promise<Result> {
    for (;;) {
      const others = datasets.flatMap((dataset) => this.#underWay.get(dataset) ?? [])
      if (others.length === 0) break
      // oxlint-disable-next-line no-await-in-loop -- another one may have begun meanwhile
      await Promise.all(others)
    }
    const fresh = datasets.filter((dataset) => !this.#known.has(dataset))
    if (fresh.length === 0) return call()
    const { promise, resolve } = deferred()
    for (const dataset of fresh) this.#underWay.set(dataset, promise)
    try {
      const result = await call()
      if (this.#known.size > mostKnown) this.#known.clear()
      for (const dataset of fresh) this.#known.add(dataset)
      return result
    } finally {
      for (const dataset of fresh) this.#underWay.delete(dataset)
      resolve()
    }
  }
}
