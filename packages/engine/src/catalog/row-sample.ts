/** Rows that are kept at most. */
const most = 10_000

/** Rows of a stream, evenly spread over as much of it as has come: every second, then every fourth, and so on. */
export class RowSample {
  #rows = 0
  #step = 1
  #kept: unknown[] = []

  /** How many have come. */
  get rows(): number {
    return this.#rows
  }

  get kept(): readonly unknown[] {
    return this.#kept
  }

  add(batch: readonly unknown[]): void {
    const first = (this.#step - (this.#rows % this.#step)) % this.#step
    for (let index = first; index < batch.length; index += this.#step) this.#kept.push(batch[index])
    this.#rows += batch.length
    while (this.#kept.length > most) {
      this.#kept = this.#kept.filter((_, index) => index % 2 === 0)
      this.#step *= 2
    }
  }
}
