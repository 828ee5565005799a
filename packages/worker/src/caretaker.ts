import type { Advanced, Ledger } from '@pipewright/engine/internal'

/** What a turn found that others must do. */
export type Found = Pick<Advanced, 'publications' | 'cancelling' | 'special' | 'left'>

/** Longest time between two looks at the ledger's timers, so that another worker's timers are kept when it dies. */
const interval = 500

/** Turns the ledger's wheels: fires due timers, follows the backlog, tops up queues. Every worker has one. */
export class Caretaker {
  readonly #ledger: Ledger
  readonly #onFound: (found: Found) => void
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #wakeAt = 0
  #turning: Promise<void> | undefined
  #stopped = false

  constructor(ledger: Ledger, onFound: (found: Found) => void, onError: (error: unknown) => void) {
    this.#ledger = ledger
    this.#onFound = onFound
    this.#onError = onError
  }

  /** Looks at the ledger in so many milliseconds, unless it does so earlier. */
  wakeIn(milliseconds: number): void {
    if (this.#stopped) return
    const at = performance.now() + milliseconds
    if (this.#timer !== undefined && this.#wakeAt <= at) return
    clearTimeout(this.#timer)
    this.#wakeAt = at
    this.#timer = setTimeout(() => this.#wake(), milliseconds)
  }

  /** Stops after the turn under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#turning
  }

  #wake(): void {
    this.#timer = undefined
    this.#turning ??= this.#turn()
      .catch((error: unknown) => {
        this.#onError(error)
        return interval
      })
      .then((wait) => {
        this.#turning = undefined
        return this.wakeIn(wait)
      })
  }

  async #turn(): Promise<number> {
    let advanced: Advanced
    do {
      advanced = await this.#ledger.advance(true)
      this.#onFound(advanced)
    } while (advanced.backlog > 0 && !this.#stopped)
    return advanced.wait < 0 ? interval : Math.min(interval, Math.max(1, advanced.wait))
  }
}
