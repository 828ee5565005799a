import type { Predictor } from '../predictor/predictor.ts'
import type { ScoringAnswer, ScoringRequest } from '../protocol/scoring-answer.ts'
import type { FoundModel } from '../source/model-source.ts'

/** A version of a model in service. It is taken out only when it has answered everything that it was given. */
export class Deployment {
  readonly model: FoundModel
  readonly since: Date = new Date()
  readonly #predictor: Predictor
  #inFlight = 0
  #retired: PromiseWithResolvers<void> | undefined

  constructor(model: FoundModel, predictor: Predictor) {
    this.model = model
    this.#predictor = predictor
  }

  get healthy(): boolean {
    return this.#predictor.healthy
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Answers a request; it counts as under way from this call on. */
  async score(request: ScoringRequest): Promise<ScoringAnswer> {
    this.#inFlight++
    try {
      return await this.#predictor.score(request)
    } finally {
      this.#inFlight--
      if (this.#inFlight === 0) this.#retired?.resolve()
    }
  }

  /** Takes it out of service: waits for the requests under way, then lets the model go. */
  async retire(): Promise<void> {
    this.#retired ??= Promise.withResolvers<void>()
    if (this.#inFlight === 0) this.#retired.resolve()
    await this.#retired.promise
    await this.#predictor.close()
  }
}
