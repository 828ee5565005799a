import { errorAnswer, type ScoringAnswer, type ScoringRequest } from '../protocol/scoring-answer.ts'
import { modelLost, serverFull } from '../protocol/scoring-error.ts'
import type { ThreadData } from './messages.ts'
import { PendingRequest } from './pending-request.ts'
import type { OnProblem, Predictor } from './predictor.ts'
import { Seat } from './seat.ts'

/** How a model is run in threads. */
export interface ThreadOptions {
  readonly threads: number
  /** Requests in one thread at once: more than one, so that it need not wait for the next between two. */
  readonly perThread: number
  /** Requests that wait for a thread at most. */
  readonly maxWaiting: number
  /** Longest time of an answer, in ms. */
  readonly timeout: number
  readonly onProblem: OnProblem
}

/** A request that was in this many threads when they ended is taken for the reason, and not given to another. */
const mostLosses = 2
/** Pause before a thread is started in place of one that ended, in ms: a model that ends each would take the machine. */
const restartPause = 500

/**
 * Runs a model in worker threads, so that no computation holds up the one that accepts requests. What a thread had when
 * it ended is answered by another one, and a thread that is stuck is replaced when a request times out.
 */
export class ThreadPredictor implements Predictor {
  readonly #data: ThreadData
  readonly #options: ThreadOptions
  readonly #seats = new Set<Seat>()
  readonly #ready = new Set<Seat>()
  readonly #waiting: PendingRequest[] = []
  #closed = false

  private constructor(data: ThreadData, options: ThreadOptions) {
    this.#data = data
    this.#options = options
  }

  /** Starts the threads and loads the model in each. @throws UsageError `MODEL_NOT_LOADED` */
  static async open(data: ThreadData, options: ThreadOptions): Promise<ThreadPredictor> {
    const predictor = new ThreadPredictor(data, options)
    try {
      await Promise.all(Array.from({ length: options.threads }, () => predictor.#start()))
      return predictor
    } catch (error) {
      await predictor.close()
      throw error
    }
  }

  get healthy(): boolean {
    return this.#ready.size > 0
  }

  async score(request: ScoringRequest): Promise<ScoringAnswer> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return errorAnswer(serverFull(this.#waiting.length))
    }
    const pending = new PendingRequest(request, this.#options.timeout, (late) => this.#onLate(late))
    this.#dispatch(pending)
    return pending.answer
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#seats].map((seat) => seat.close()))
  }

  async #start(): Promise<void> {
    const seat: Seat = new Seat(this.#data, {
      onAnswer: () => this.#dispatchWaiting(),
      onEnd: (reason, lost) => this.#onEnd(seat, reason, lost),
    })
    this.#seats.add(seat)
    await seat.ready
    if (!this.#seats.has(seat)) return
    this.#ready.add(seat)
    this.#dispatchWaiting()
  }

  #dispatch(pending: PendingRequest): void {
    const seat = this.#freest()
    if (seat === undefined) this.#waiting.push(pending)
    else seat.score(pending)
  }

  #dispatchWaiting(): void {
    for (;;) {
      const seat = this.#freest()
      const pending = seat === undefined ? undefined : this.#waiting.shift()
      if (seat === undefined || pending === undefined) return
      seat.score(pending)
    }
  }

  #freest(): Seat | undefined {
    let freest: Seat | undefined
    for (const seat of this.#ready) if (seat.load < (freest?.load ?? Infinity)) freest = seat
    return freest !== undefined && freest.load < this.#options.perThread ? freest : undefined
  }

  /** A thread that has answered nothing since it got the request is stuck in it, or in one before it. */
  #onLate(pending: PendingRequest): void {
    const at = this.#waiting.indexOf(pending)
    if (at >= 0) this.#waiting.splice(at, 1)
    const seat = [...this.#seats].find((candidate) => candidate.has(pending))
    if (seat === undefined) return
    seat.forget(pending)
    if (seat.answeredAt < pending.sentAt) seat.kill('took too long')
    else this.#dispatchWaiting()
  }

  #onEnd(seat: Seat, reason: string, lost: readonly PendingRequest[]): void {
    this.#seats.delete(seat)
    const wasReady = this.#ready.delete(seat)
    for (const pending of lost) {
      pending.losses++
      if (pending.losses >= mostLosses) pending.settle(errorAnswer(modelLost(reason), reason))
      else this.#dispatch(pending)
    }
    // One that never got ready failed the opening, or is tried again by what started it.
    if (this.#closed || !wasReady) return
    this.#options.onProblem(`a thread of the model ${reason}; another one takes its place`)
    this.#restart()
  }

  #restart(): void {
    setTimeout(() => {
      if (this.#closed) return
      this.#start().catch((error: unknown) => {
        this.#options.onProblem(error instanceof Error ? error.message : String(error))
        this.#restart()
      })
    }, restartPause)
  }
}
