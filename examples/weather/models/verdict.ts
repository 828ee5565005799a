import * as z from 'zod'

import { hit, loss, mean, Score, type Forecast } from './score.ts'

const Gain = z.object({
  /** Mean daily advantage over the baseline; positive is better, for log-loss as well. */
  mean: z.number(),
  /** Standard error of that mean, from the paired daily differences. */
  standardError: z.number(),
  /** `better` and `worse`: by more than two standard errors. `undecided`: the days do not tell. */
  verdict: z.enum(['better', 'undecided', 'worse']),
})
export type Gain = z.infer<typeof Gain>

/** The one look at the test. */
export const Verdict = z.object({
  /** First and last day of the test. */
  from: z.iso.date(),
  to: z.iso.date(),
  model: Score,
  baselines: z.array(Score),
  gains: z.array(z.object({ baseline: z.string(), accuracy: Gain, logLoss: Gain })),
})
export type Verdict = z.infer<typeof Verdict>

/** Compares two forecasts of the same days, day by day. */
export function compare(
  model: readonly Forecast[],
  baseline: readonly Forecast[],
): { readonly accuracy: Gain; readonly logLoss: Gain } {
  const pairs = model.map((ours, index) => {
    const theirs = baseline[index]
    if (theirs === undefined) throw new RangeError(`The baseline has no forecast number ${index}.`)
    return { ours, theirs }
  })
  return {
    accuracy: gain(pairs.map(({ ours, theirs }) => hit(ours) - hit(theirs))),
    logLoss: gain(pairs.map(({ ours, theirs }) => loss(theirs) - loss(ours))),
  }
}

function gain(differences: readonly number[]): Gain {
  const average = mean(differences)
  const variance = mean(differences.map((difference) => (difference - average) ** 2))
  const standardError = Math.sqrt(variance / differences.length)
  const sure = Math.abs(average) > 2 * standardError
  return {
    mean: average,
    standardError,
    verdict: sure ? (average > 0 ? 'better' : 'worse') : 'undecided',
  }
}
