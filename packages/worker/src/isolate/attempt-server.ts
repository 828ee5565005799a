import { AsyncLocalStorage } from 'node:async_hooks'

import { fromAbortReason } from './abort-reason.ts'
import type { AttemptObserver, AttemptRequest } from './isolate.ts'
import type { ToIsolate } from './messages.ts'
import type { NodeRunner } from './node-runner.ts'
import type { Outbox } from './outbox.ts'

/** The attempt whose code is running, by its id: tells whose are a printed line and an uncaught exception. */
export const currentAttempt: AsyncLocalStorage<number> = new AsyncLocalStorage()

/** An attempt that was given to this isolate and has not ended. */
interface Admitted {
  readonly id: number
  readonly request: AttemptRequest
  readonly controller: AbortController
}

/** What an isolate's entry gives its server. */
export interface AttemptServerOptions {
  readonly runner: NodeRunner
  readonly outbox: Outbox
  /** False when the claiming thread has taken the attempt back. Asked once for each, in the order of their ids. */
  claim(id: number): boolean
}

/** The isolate's side: runs the attempts that it is given, several at once as far as they await. */
export class AttemptServer {
  readonly #options: AttemptServerOptions
  readonly #admitted = new Map<number, Admitted>()
  readonly #unstarted: Admitted[] = []
  #starting = false

  constructor(options: AttemptServerOptions) {
    this.#options = options
  }

  receive(batch: readonly ToIsolate[]): void {
    for (const message of batch) {
      if (message.type === 'run') this.#admit(message.id, message.request)
      else if (message.type === 'ping') this.#options.outbox.push({ type: 'pong' })
      else this.#admitted.get(message.id)?.controller.abort(fromAbortReason(message.reason))
    }
    if (!this.#starting) this.#startNext()
  }

  #admit(id: number, request: AttemptRequest): void {
    const attempt = { id, request, controller: new AbortController() }
    this.#admitted.set(id, attempt)
    this.#unstarted.push(attempt)
  }

  /**
   * One attempt for each turn of the event loop, and results leave before the next is started: should this one loop
   * for a minute, no result waits behind it, and those not started can be taken back.
   */
  #startNext(): void {
    this.#options.outbox.flush()
    const attempt = this.#unstarted.shift()
    this.#starting = attempt !== undefined
    if (attempt === undefined) return
    if (this.#options.claim(attempt.id)) void currentAttempt.run(attempt.id, () => this.#run(attempt))
    else this.#admitted.delete(attempt.id)
    setImmediate(() => this.#startNext())
  }

  async #run({ id, request, controller }: Admitted): Promise<void> {
    const { runner, outbox } = this.#options
    const observer: AttemptObserver = {
      onMetric: (key, value, step, at) => outbox.metric(id, [key, value, step, at]),
      onLog: (level, message, fields) => outbox.log(id, level, message, fields),
    }
    const result = await runner.run(request, { signal: controller.signal, observer })
    this.#admitted.delete(id)
    outbox.push({ type: 'result', id, result })
  }
}
