import type { AttemptResult } from './isolate.ts'

/** The result of an attempt that was ended through no fault of its own. */
export function lostAttempt(because: string): Extract<AttemptResult, { type: 'lost' }> {
  return {
    type: 'lost',
    reason: {
      code: 'ISOLATE_LOST',
      message: `The attempt was ended before it finished: ${because}.`,
      hint: 'Nothing to do: it runs again, and none of its retries is spent.',
    },
  }
}
