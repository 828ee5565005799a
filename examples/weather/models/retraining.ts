import * as z from 'zod'

import type { Score } from './score.ts'
import type { Verdict } from './verdict.ts'

/** How the test of one retraining ended. */
export const Retraining = z.object({
  /** The last day that it knew. */
  asOf: z.iso.date(),
  /** The candidate that was chosen. */
  model: z.string(),
  accuracy: z.number(),
  logLoss: z.number(),
  /** Log-loss of each baseline on the same days. */
  baselines: z.record(z.string(), z.number()),
})
export type Retraining = z.infer<typeof Retraining>

/** The retrainings with one more, in place of an earlier one as of the same day, in the order of time. */
export function withRetraining(
  before: readonly Retraining[],
  asOf: string,
  { model, baselines }: Pick<Verdict, 'model' | 'baselines'>,
): Retraining[] {
  const { model: name, accuracy, logLoss } = model
  const losses = baselines.map((baseline: Score) => [baseline.model, baseline.logLoss] as const)
  const now = { asOf, model: name, accuracy, logLoss, baselines: Object.fromEntries(losses) }
  return [...before.filter((each) => each.asOf !== asOf), now].toSorted((a, b) =>
    a.asOf.localeCompare(b.asOf),
  )
}
