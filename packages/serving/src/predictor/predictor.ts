import type { ScoringAnswer, ScoringRequest } from '../protocol/scoring-answer.ts'

/** What runs one version of a model. */
export interface Predictor {
  /** Answers a request. It never rejects. */
  score(request: ScoringRequest): Promise<ScoringAnswer>
  /** Whether it can answer now. */
  readonly healthy: boolean
  /** Ends it. Requests must have been answered before. */
  close(): Promise<void>
}

/** Tells what went wrong in a predictor, for the log. */
export type OnProblem = (message: string) => void
