import type { Amounts } from '@pipewright/engine'

interface Waiting {
  readonly need: Amounts
  readonly settle: (taken: boolean) => void
}

/** What a worker offers to its node runs, and what is left of it. Who asked first is served first. */
export class ResourcePool {
  /** All that there is. */
  readonly offer: Amounts
  readonly #left: Map<string, number>
  readonly #line: Waiting[] = []
  #closed = false

  constructor(offer: Amounts) {
    this.offer = offer
    this.#left = new Map(Object.entries(offer))
  }

  /** How many that need so much fit in at a time; 0 when none ever does. */
  fits(need: Amounts): number {
    const times = Object.entries(need).map(([name, amount]) =>
      Math.floor((this.offer[name] ?? 0) / amount),
    )
    return Math.min(...times)
  }

  /**
   * Takes amounts when they are there and nobody waits in front.
   *
   * @param patience Milliseconds to wait for them.
   * @returns false when they were not there in time, or the pool is closed
   */
  async take(need: Amounts, patience: number): Promise<boolean> {
    if (this.#closed) return false
    if (this.#line.length === 0 && this.#has(need)) {
      this.#add(need, -1)
      return true
    }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting = { need, settle: resolve }
    this.#line.push(waiting)
    const timer = setTimeout(() => this.#drop(waiting), patience)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** Gives amounts back that were taken. */
  give(need: Amounts): void {
    this.#add(need, 1)
    this.#serve()
  }

  /** What is taken at the moment, for those who look. */
  get used(): Amounts {
    const used = [...this.#left].map(([name, left]): [string, number] => [
      name,
      rounded((this.offer[name] ?? 0) - left),
    ])
    return Object.fromEntries(used)
  }

  /** Lets nobody wait any more, and gives nothing out. */
  close(): void {
    this.#closed = true
    for (const waiting of this.#line.splice(0)) waiting.settle(false)
  }

  #has(need: Amounts): boolean {
    return Object.entries(need).every(([name, amount]) => (this.#left.get(name) ?? 0) >= amount)
  }

  #add(need: Amounts, sign: 1 | -1): void {
    for (const [name, amount] of Object.entries(need)) {
      this.#left.set(name, rounded((this.#left.get(name) ?? 0) + sign * amount))
    }
  }

  #drop(waiting: Waiting): void {
    const place = this.#line.indexOf(waiting)
    if (place < 0) return
    this.#line.splice(place, 1)
    waiting.settle(false)
    this.#serve()
  }

  #serve(): void {
    for (
      let [first] = this.#line;
      first !== undefined && this.#has(first.need);
      [first] = this.#line
    ) {
      this.#line.shift()
      this.#add(first.need, -1)
      first.settle(true)
    }
  }
}

/** Amounts are kept to a thousandth, which sums of binary fractions are not. */
function rounded(amount: number): number {
  return Math.round(amount * 1000) / 1000
}
