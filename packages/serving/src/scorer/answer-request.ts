import { readContentType } from '../protocol/content-type.ts'
import { readCsv } from '../protocol/read-csv.ts'
import { readInput } from '../protocol/read-input.ts'
import { answer, errorAnswer, json, text } from '../protocol/scoring-answer.ts'
import type { ScoringAnswer, ScoringRequest } from '../protocol/scoring-answer.ts'
import { modelFailed, ScoringError } from '../protocol/scoring-error.ts'
import type { Scorer } from './scorer.ts'

/** Answers one request to `/invocations`. It never rejects: what a model throws is an answer too. */
export async function answerRequest(
  scorer: Scorer,
  { contentType, body }: ScoringRequest,
): Promise<ScoringAnswer> {
  const media = readContentType(contentType)
  if ('refusal' in media) return answer(415, text, media.refusal, 'refused')
  try {
    const input =
      media.type === 'text/csv' ? readCsv(body, (column) => scorer.kindOf(column)) : readInput(body)
    const predictions = await scorer.predict(input)
    return answer(200, json, JSON.stringify({ predictions }), 'ok')
  } catch (error) {
    if (error instanceof ScoringError) return errorAnswer(error)
    return errorAnswer(modelFailed(error), problemOf(error))
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
