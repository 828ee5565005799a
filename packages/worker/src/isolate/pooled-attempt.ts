import type { AttemptExecution, AttemptObserver, AttemptRequest, AttemptResult } from './isolate.ts'

/** The thread or process that an attempt was put into. */
export interface AttemptSeat {
  abort(id: number, reason: Error): void
}

/** What an attempt asks of its pool. */
export interface AttemptEnder {
  terminate(attempt: PooledAttempt, reason: Error): Promise<void>
}

/** An attempt that waits for a thread or process, or runs in one. */
export class PooledAttempt implements AttemptExecution {
  readonly request: AttemptRequest
  readonly observer: AttemptObserver
  readonly result: Promise<AttemptResult>
  /** Time of the call of `execute`, in ms. */
  readonly since: number = performance.now()
  /** Where it was put; undefined while it waits. */
  seat: AttemptSeat | undefined
  /** Its number there. */
  id = -1
  aborted: Error | undefined
  settled = false
  readonly #ender: AttemptEnder
  #resolve: (result: AttemptResult) => void = () => {}

  constructor(request: AttemptRequest, observer: AttemptObserver, ender: AttemptEnder) {
    this.request = request
    this.observer = observer
    this.#ender = ender
    this.result = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  abort(reason: Error): void {
    if (this.settled || this.aborted !== undefined) return
    this.aborted = reason
    this.seat?.abort(this.id, reason)
  }

  async terminate(reason: Error): Promise<void> {
    if (!this.settled) await this.#ender.terminate(this, reason)
  }

  settle(result: AttemptResult): void {
    this.settled = true
    this.#resolve(result)
  }
}
