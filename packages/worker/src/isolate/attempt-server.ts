import { AsyncLocalStorage } from 'node:async_hooks'

import { fromAbortReason } from './abort-reason.ts'
import type { AttemptObserver, AttemptRequest } from './isolate.ts'
import type { ToIsolate } from './messages.ts'
import type { NodeRunner } from './node-runner.ts'
import type { Outbox } from './outbox.ts'

/** The attempt whose code is running, by its id: tells whose are a printed line and an uncaught exception. */
export const currentAttempt: AsyncLocalStorage<number> = new AsyncLocalStorage()

/**
 * Milliseconds for which an attempt that was started keeps the next one from starting, unless it ends before. Most nodes load
 * their inputs first and compute then: one that starts beside them would be caught in their loop, and could not be taken
 * back any more. One that is still waiting after that time waits for something else.
 */
const settling = 25
/** Milliseconds within which the last attempt of a node ended that keeps nobody waiting: such nodes start together. */
const brief = 5

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
  readonly claim: (id: number) => boolean
}

/** The isolate's side: runs the attempts that it is given, several at once as far as they wait for something. */
export class AttemptServer {
  readonly #options: AttemptServerOptions
  readonly #admitted = new Map<number, Admitted>()
  /** Those that were not started yet, in the order of their ids. */
  readonly #waiting: Admitted[] = []
  /** The attempt that was started last, until it ends or has settled. */
  #fresh: Admitted | undefined
  #settled: NodeJS.Timeout | undefined
  /** Nodes whose start last held this thread for less than 1 ms. */
  readonly #quick = new Set<string>()
  /** Nodes whose last attempt ended almost at once. */
  readonly #brief = new Set<string>()
  #turn: { readonly node: string; readonly since: number } | undefined

  constructor(options: AttemptServerOptions) {
    this.#options = options
  }

  receive(batch: readonly ToIsolate[]): void {
    for (const message of batch) {
      if (message.type === 'run') this.#admit(message.id, message.request)
      else if (message.type === 'ping') this.#options.outbox.push({ type: 'pong' })
      else this.#admitted.get(message.id)?.controller.abort(fromAbortReason(message.reason))
    }
    setImmediate(() => this.#endTurn())
  }

  /**
   * Each attempt starts in its own turn of the event loop: should one loop for a minute, those behind it are not started
   * and can be taken back.
   */
  #admit(id: number, request: AttemptRequest): void {
    const attempt = { id, request, controller: new AbortController() }
    this.#admitted.set(id, attempt)
    this.#waiting.push(attempt)
    setImmediate(() => this.#next())
  }

  #next(): void {
    if (this.#fresh !== undefined) return
    const attempt = this.#waiting.shift()
    if (attempt !== undefined) this.#start(attempt)
  }

  /** Lets the next one start: the attempt has ended, or its time is up. */
  #release(attempt: Admitted): void {
    if (this.#fresh !== attempt) return
    clearTimeout(this.#settled)
    this.#fresh = undefined
    if (this.#waiting.length > 0) setImmediate(() => this.#next())
  }

  /**
   * Results leave before an attempt is started that may hold this thread, so that they do not wait behind it. Nodes that
   * were quick last time are taken to be so again: their results cross together, which halves the cost of a thread.
   */
  #start(attempt: Admitted): void {
    this.#endTurn()
    const { id, request } = attempt
    const node = nodeOf(request)
    if (!this.#options.claim(id)) {
      this.#admitted.delete(id)
      if (this.#waiting.length > 0) setImmediate(() => this.#next())
      return
    }
    if (this.#brief.has(node)) {
      if (this.#waiting.length > 0) setImmediate(() => this.#next())
    } else {
      this.#fresh = attempt
      this.#settled = setTimeout(() => this.#release(attempt), settling)
    }
    if (request.announce === true) this.#options.outbox.push({ type: 'begun', id })
    if (request.announce === true || !this.#quick.has(node)) this.#options.outbox.flush()
    this.#turn = { node, since: performance.now() }
    void currentAttempt.run(id, () => this.#run(attempt))
  }

  /** Notes how long the attempt that was started last held this thread before it first waited for something. */
  #endTurn(): void {
    if (this.#turn === undefined) return
    const { node, since } = this.#turn
    this.#turn = undefined
    if (performance.now() - since < 1) this.#quick.add(node)
    else this.#quick.delete(node)
  }

  async #run(attempt: Admitted): Promise<void> {
    const { id, request, controller } = attempt
    const { runner, outbox } = this.#options
    const observer: AttemptObserver = {
      onMetric: (key, value, step, at) => outbox.metric(id, [key, value, step, at]),
      onLog: (level, message, fields) => outbox.log(id, level, message, fields),
    }
    const since = performance.now()
    const result = await runner.run(request, { signal: controller.signal, observer })
    this.#admitted.delete(id)
    outbox.push({ type: 'result', id, result })
    if (performance.now() - since < brief) this.#brief.add(nodeOf(request))
    else this.#brief.delete(nodeOf(request))
    this.#release(attempt)
  }
}

function nodeOf({ pipeline, node }: AttemptRequest): string {
  return `${pipeline} ${node}`
}
