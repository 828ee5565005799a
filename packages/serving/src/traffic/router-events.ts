import type { Outcome } from '../protocol/scoring-answer.ts'
import type { Slot } from './slot.ts'

/** What the router tells. */
export interface RouterEvents {
  /** A version has answered, in this many ms. */
  onAnswer(slot: Slot, model: string, outcome: Outcome, milliseconds: number): void
  /** A record has grown: it may have crossed a bound. */
  onRecord(slot: Slot): void
  /** A shadow request is over. */
  onShadow(slot: Slot, model: string, result: 'equal' | 'different' | 'failed' | 'dropped'): void
  /** What a model threw. */
  onProblem(slot: Slot, model: string, problem: string): void
}
