/** Extends leases; answers with the jobs whose lease was not there to extend. */
type Extend = (
  jobIds: readonly string[],
  tokens: readonly string[],
) => Promise<readonly (string | number)[]>

interface Held {
  readonly jobId: string
  readonly token: string
  renewedAt: number
}

/**
 * Renews the leases of the jobs that a worker runs, each four times within its length. By a clock that does not jump: BullMQ
 * goes by the wall clock, and when that is set back it renews nothing until it has caught up, so that every node that runs
 * would be taken for lost and run twice.
 */
export class LeaseRenewal {
  readonly #interval: number
  readonly #extend: Extend
  readonly #onLost: (jobId: string) => void
  readonly #onError: (error: unknown) => void
  readonly #held = new Set<Held>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: {
    /** Milliseconds of a lease. */
    readonly lease: number
    readonly extend: Extend
    /** Told of each job whose lease has run out. */
    readonly onLost: (jobId: string) => void
    readonly onError: (error: unknown) => void
  }) {
    this.#interval = options.lease / 4
    this.#extend = options.extend
    this.#onLost = options.onLost
    this.#onError = options.onError
  }

  /** Renews the lease of a job while the work lasts. */
  async during<Result>(jobId: string, token: string, work: () => Promise<Result>): Promise<Result> {
    const held = { jobId, token, renewedAt: performance.now() }
    this.#held.add(held)
    this.#arm()
    try {
      return await work()
    } finally {
      this.#held.delete(held)
    }
  }

  /** The next look comes after the answer of this one: while Redis is away they must not pile up. */
  #arm(): void {
    if (this.#timer !== undefined) return
    const look = async (): Promise<void> => {
      await this.#renew().catch(this.#onError)
      this.#timer = undefined
      if (this.#held.size > 0) this.#arm()
    }
    this.#timer = setTimeout(() => void look(), this.#interval).unref()
  }

  async #renew(): Promise<void> {
    const now = performance.now()
    // What was claimed a moment ago is renewed next time: most jobs never need it. The margin is for timers that come early.
    const due = [...this.#held].filter(({ renewedAt }) => now - renewedAt > this.#interval / 2)
    if (due.length === 0) return
    for (const held of due) held.renewedAt = now
    const lost = await this.#extend(
      due.map(({ jobId }) => jobId),
      due.map(({ token }) => token),
    )
    for (const jobId of lost) this.#onLost(String(jobId))
  }
}
