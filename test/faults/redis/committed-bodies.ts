import * as z from 'zod'

import type { History } from '../checker/history.ts'

const Mark = z.object({ mark: z.string() })

/**
 * The history without the bodies whose results the ledger has not got. A Redis that has lost its last writes knows nothing
 * of them, and gives their numbers to others.
 */
export function committedBodies(history: History): History {
  const references = history.runs.flatMap(({ data }) => Object.values(data))
  const marks = new Set(
    references.flatMap(({ inline }) =>
      inline === undefined ? [] : [Mark.parse(JSON.parse(inline)).mark],
    ),
  )
  const effects = history.effects.filter(({ what, body, output }) =>
    marks.has((what === 'started' ? body : output) ?? ''),
  )
  return { ...history, effects }
}
