import type { Blame, ScoringError } from './scoring-error.ts'

/** A request to `/invocations` as it came. */
export interface ScoringRequest {
  readonly contentType: string
  readonly body: Uint8Array
}

/** What became of a request: predictions (`ok`), or whose fault it was that there are none. */
export type Outcome = 'ok' | Blame

/** An answer of `/invocations`, ready to be sent. */
export interface ScoringAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
  readonly outcome: Outcome
  /** For the log: what the model threw, with its stack. */
  readonly problem?: string
}

const encoder = new TextEncoder()

export const json = 'application/json'
export const text = 'text/plain; charset=utf-8'

/** An answer from text. */
export function answer(
  status: number,
  contentType: string,
  body: string,
  outcome: Outcome,
  problem?: string,
): ScoringAnswer {
  return {
    status,
    contentType,
    body: encoder.encode(body),
    outcome,
    ...(problem !== undefined && { problem }),
  }
}

/** The answer that tells an error. */
export function errorAnswer(error: ScoringError, problem?: string): ScoringAnswer {
  return answer(error.status, json, error.toJson(), error.blame, problem)
}

/** The model took longer than the server allows. */
export function timeoutAnswer(): ScoringAnswer {
  return answer(504, json, 'Request processing time exceeded limit', 'failed', 'took too long')
}
