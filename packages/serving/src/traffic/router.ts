import {
  timeoutAnswer,
  type ScoringAnswer,
  type ScoringRequest,
} from '../protocol/scoring-answer.ts'
import type { RouterEvents } from './router-events.ts'
import { Shadow, type ShadowSettings } from './shadow.ts'
import type { Serving, Slot } from './slot.ts'
import { chooseAlias, placeOf } from './split.ts'

/** A slot beside the main one, with its share of the requests. */
export interface SharedSlot {
  readonly slot: Slot
  /** From 0 to 1. */
  readonly share: number
}

/** An answer, and who gave it. */
export interface Routed {
  readonly answer: ScoringAnswer
  readonly slot: Slot
  readonly model: string
}

/** Parts of a router. */
export interface RouterParts {
  readonly main: Slot
  readonly others: readonly SharedSlot[]
  readonly shadow: ShadowSettings | undefined
  /** Mixes the keys: the name of the model. */
  readonly salt: string
  /** How long a version on trial is waited for before the proven one is asked, in ms. */
  readonly trialTimeout: number
  readonly events: RouterEvents
}

interface Answered {
  readonly answer: ScoringAnswer
  readonly milliseconds: number
}

/** Decides which version answers a request. */
export class Router {
  readonly #parts: RouterParts
  readonly #shadow: Shadow | undefined

  constructor(parts: RouterParts) {
    this.#parts = parts
    this.#shadow = parts.shadow === undefined ? undefined : new Shadow(parts.shadow, parts.events)
  }

  /**
   * Answers a request. Those with one key get the same version as long as shares stay; those without are spread at
   * random. When a version on trial gives no predictions, the proven one is asked in its place: only what neither of
   * them takes is the caller's fault, and only what the proven one takes counts against the other.
   */
  async answer(request: ScoringRequest, key: string | undefined): Promise<Routed> {
    const slot = this.#choose(key)
    const serving = slot.current ?? this.#main()
    const proven = slot === this.#parts.main ? slot.previous : this.#parts.main.current
    const first = await this.#ask(slot, serving, request, proven && this.#parts.trialTimeout)
    if (first.answer.outcome === 'ok' || first.answer.outcome === 'rejected' || !proven) {
      this.#note(slot, serving, first, first.answer.outcome === 'failed')
      this.#shadow?.send(request, first.answer)
      return { answer: first.answer, slot, model: serving.deployment.model.id }
    }
    const second = await this.#ask(slot, proven, request)
    const isBetter = second.answer.outcome === 'ok'
    this.#note(slot, serving, first, isBetter || first.answer.outcome === 'failed')
    this.#note(this.#parts.main, proven, second, second.answer.outcome === 'failed')
    return { answer: second.answer, slot, model: proven.deployment.model.id }
  }

  #choose(key: string | undefined): Slot {
    const { main, others, salt } = this.#parts
    if (others.length === 0) return main
    const place = key === undefined ? Math.random() : placeOf(key, salt)
    const shares = others.map(({ slot, share }) => ({ alias: slot.name, share }))
    const alias = chooseAlias(shares, place)
    const chosen = others.find(({ slot }) => slot.name === alias)?.slot
    return chosen?.current === undefined ? main : chosen
  }

  #main(): Serving {
    const { current } = this.#parts.main
    // The server opens its port when the main model is in service, and never takes it out without another.
    if (current === undefined) throw new Error('There is no main model.')
    return current
  }

  async #ask(
    slot: Slot,
    { deployment }: Serving,
    request: ScoringRequest,
    patience?: number,
  ): Promise<Answered> {
    const started = performance.now()
    const answer = await within(patience, deployment.score(request))
    const milliseconds = performance.now() - started
    const { id } = deployment.model
    this.#parts.events.onAnswer(slot, id, answer.outcome, milliseconds)
    if (answer.problem !== undefined) this.#parts.events.onProblem(slot, id, answer.problem)
    return { answer, milliseconds }
  }

  #note(
    slot: Slot,
    { record }: Serving,
    { answer, milliseconds }: Answered,
    failed: boolean,
  ): void {
    if (answer.outcome === 'rejected') return
    record.note(milliseconds, failed)
    this.#parts.events.onRecord(slot)
  }
}

/** The answer, or that of a model which took too long; without patience however long it takes. */
async function within(
  patience: number | undefined,
  answer: Promise<ScoringAnswer>,
): Promise<ScoringAnswer> {
  if (patience === undefined) return answer
  const { promise, resolve } = Promise.withResolvers<ScoringAnswer>()
  const timer = setTimeout(() => resolve(timeoutAnswer()), patience)
  try {
    return await Promise.race([answer, promise])
  } finally {
    clearTimeout(timer)
  }
}
