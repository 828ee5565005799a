import { toAbortReason } from './abort-reason.ts'
import type { Host, HostEvents, LaunchHost } from './host.ts'
import type { IsolateSetup } from './isolate.ts'
import type { FromIsolate, ToIsolate } from './messages.ts'
import type { PooledAttempt } from './pooled-attempt.ts'

/** Whose code ended an isolate, as it said itself before it ended. */
export type Crash = Extract<FromIsolate, { type: 'crashing' }>

/** A thread or process of a pool, and the attempts that were given to it. */
export class Seat {
  readonly host: Host
  readonly running: Map<number, PooledAttempt> = new Map()
  state: 'starting' | 'ready' | 'ended' = 'starting'
  /** It did not start what it was given, and has not answered since: a synchronous loop holds it. */
  stuck = false
  crash: Crash | undefined
  /** One more than the last id given. */
  #end = 0
  #outgoing: ToIsolate[] = []
  #seenNext = -1

  constructor(setup: IsolateSetup, launch: LaunchHost, events: HostEvents) {
    this.host = launch(setup, events)
  }

  /** Whether another attempt can be given to it now. */
  get open(): boolean {
    return this.state === 'ready' && !this.stuck && this.running.size < this.host.capacity
  }

  get unstarted(): number {
    return this.host.unstarted(this.#end)
  }

  give(attempt: PooledAttempt): void {
    const id = this.#end++
    attempt.seat = this
    attempt.id = id
    this.running.set(id, attempt)
    this.#send({ type: 'run', id, request: attempt.request })
    if (attempt.aborted !== undefined) this.abort(id, attempt.aborted)
  }

  abort(id: number, reason: Error): void {
    this.#send({ type: 'abort', id, reason: toAbortReason(reason) })
  }

  /** Takes back what it has not started. */
  recall(): readonly PooledAttempt[] {
    const recalled: PooledAttempt[] = []
    for (let id = this.#end - this.host.recall(this.#end); id < this.#end; id++) {
      const attempt = this.running.get(id)
      if (attempt === undefined) continue
      this.running.delete(id)
      attempt.seat = undefined
      recalled.push(attempt)
    }
    return recalled
  }

  /** Whether it has started nothing since the last call although something waits in it. */
  standsStill(): boolean {
    const { unstarted } = this
    const next = this.#end - unstarted
    const still = unstarted > 0 && next === this.#seenNext
    this.#seenNext = unstarted > 0 ? next : -1
    return still
  }

  /** Gives it nothing more until it answers. */
  suspend(): void {
    this.stuck = true
    this.#send({ type: 'ping' })
  }

  /** What one turn of the event loop sends crosses as one message. */
  #send(message: ToIsolate): void {
    if (this.#outgoing.push(message) === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const batch = this.#outgoing
    this.#outgoing = []
    if (this.state !== 'ended') this.host.post(batch)
  }
}
