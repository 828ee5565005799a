import {
  timeoutAnswer,
  type ScoringAnswer,
  type ScoringRequest,
} from '../protocol/scoring-answer.ts'

/** A request on its way through a predictor. */
export class PendingRequest {
  readonly request: ScoringRequest
  readonly answer: Promise<ScoringAnswer>
  /** How often it was in a thread that ended. */
  losses = 0
  /** When a thread got it, by `performance.now()`. */
  sentAt = 0
  readonly #resolve: (answer: ScoringAnswer) => void
  readonly #timer: NodeJS.Timeout

  /** @param timeout Of the answer, in ms. @param onTimeout Called when it was answered for being late. */
  constructor(
    request: ScoringRequest,
    timeout: number,
    onTimeout: (pending: PendingRequest) => void,
  ) {
    this.request = request
    const { promise, resolve } = Promise.withResolvers<ScoringAnswer>()
    this.answer = promise
    this.#resolve = resolve
    this.#timer = setTimeout(() => {
      resolve(timeoutAnswer())
      onTimeout(this)
    }, timeout)
  }

  /** Answers it; later answers count for nothing. */
  settle(answer: ScoringAnswer): void {
    clearTimeout(this.#timer)
    this.#resolve(answer)
  }
}
