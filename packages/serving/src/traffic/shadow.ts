import type { ScoringAnswer, ScoringRequest } from '../protocol/scoring-answer.ts'
import type { RouterEvents } from './router-events.ts'
import type { Serving, Slot } from './slot.ts'

/** Which version gets copies of requests, and how many of them. */
export interface ShadowSettings {
  readonly slot: Slot
  /** From 0 to 1. */
  readonly share: number
  /** Copies under way at most; what would be more is dropped and counted. */
  readonly maxInFlight: number
}

/** Sends copies of requests to a version whose answers nobody gets, and compares them. No caller waits for it. */
export class Shadow {
  readonly #settings: ShadowSettings
  readonly #events: Pick<RouterEvents, 'onShadow' | 'onRecord' | 'onProblem'>
  #inFlight = 0

  constructor(
    settings: ShadowSettings,
    events: Pick<RouterEvents, 'onShadow' | 'onRecord' | 'onProblem'>,
  ) {
    this.#settings = settings
    this.#events = events
  }

  /** Sends a copy of a request that was answered with predictions. */
  send(request: ScoringRequest, given: ScoringAnswer): void {
    const { slot, share, maxInFlight } = this.#settings
    const serving = slot.current
    if (serving === undefined || given.outcome !== 'ok' || Math.random() >= share) return
    const { id } = serving.deployment.model
    if (this.#inFlight >= maxInFlight) {
      this.#events.onShadow(slot, id, 'dropped')
      return
    }
    void this.#compare(serving, request, given)
  }

  /** It never rejects, as scoring does not. */
  async #compare(
    { deployment, record }: Serving,
    request: ScoringRequest,
    given: ScoringAnswer,
  ): Promise<void> {
    const { slot } = this.#settings
    const { id } = deployment.model
    this.#inFlight++
    const started = performance.now()
    const answer = await deployment.score(request)
    this.#inFlight--
    const isOk = answer.outcome === 'ok'
    const isEqual = isOk && Buffer.compare(answer.body, given.body) === 0
    record.note(performance.now() - started, !isOk)
    record.noteShadow(!isEqual)
    if (answer.problem !== undefined) this.#events.onProblem(slot, id, answer.problem)
    this.#events.onShadow(slot, id, isEqual ? 'equal' : isOk ? 'different' : 'failed')
    this.#events.onRecord(slot)
  }
}
