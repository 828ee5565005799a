/** An entry of the outbox about one run. */
export interface InboxEntry {
  readonly id: string
  /** JSON of the event. */
  readonly text: string
}

/** Entries that wait for a reader at most: one that is slower finds the rest in the ledger. */
const mostWaiting = 5000

/** Where a reader's entries lie until it takes them. */
export class EventInbox {
  #entries: InboxEntry[] = []
  #lost = false
  #wake: (() => void) | undefined

  put(entry: InboxEntry): void {
    if (this.#entries.length < mostWaiting) this.#entries.push(entry)
    else this.lose()
    this.#wake?.()
  }

  /** Says that entries may have been missed. */
  lose(): void {
    this.#entries = []
    this.#lost = true
    this.#wake?.()
  }

  /** What has come; `lost` when something may have been missed since the last call. */
  take(): { readonly entries: readonly InboxEntry[]; readonly lost: boolean } {
    const taken = { entries: this.#entries, lost: this.#lost }
    this.#entries = []
    this.#lost = false
    return taken
  }

  /** Resolves when something has come, after so many ms, or when the signal is aborted. */
  async wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#entries.length > 0 || this.#lost || signal?.aborted === true) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    this.#wake = resolve
    signal?.addEventListener('abort', () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
    this.#wake = undefined
  }
}
