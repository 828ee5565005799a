/** Counts requests in windows of time: so many of each sender in each window. Memory is what one window brings. */
export class RateLimit {
  readonly #max: number
  readonly #per: number
  readonly #counts = new Map<string, number>()
  #ends = -Infinity

  /** @param rate.per Length of a window in milliseconds. */
  constructor({ max, per }: { readonly max: number; readonly per: number }) {
    this.#max = max
    this.#per = per
  }

  /** Counts a request. Returns 0 when it may pass, else the milliseconds until the next one may. */
  take(sender: string, now: number = performance.now()): number {
    if (now >= this.#ends) {
      this.#counts.clear()
      this.#ends = now + this.#per
    }
    const count = (this.#counts.get(sender) ?? 0) + 1
    this.#counts.set(sender, count)
    return count <= this.#max ? 0 : this.#ends - now
  }
}
