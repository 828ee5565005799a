import * as z from 'zod'

/** How well forecasts met what came. */
export const Score = z.object({
  model: z.string(),
  /** Number of days. */
  days: z.int().positive(),
  /** Share of days on which the likelier class came. */
  accuracy: z.number(),
  /** Mean of -log of the probability given to what came (natural logarithm; lower is better). */
  logLoss: z.number(),
})
export type Score = z.infer<typeof Score>

/** A forecast probability of rain and what came. */
export interface Forecast {
  readonly probability: number
  readonly rain: boolean
}

/** Mean accuracy and log-loss of forecasts. @throws RangeError without forecasts. */
export function score(model: string, forecasts: readonly Forecast[]): Score {
  if (forecasts.length === 0) throw new RangeError(`No forecasts of "${model}" to score.`)
  return {
    model,
    days: forecasts.length,
    accuracy: mean(forecasts.map(hit)),
    logLoss: mean(forecasts.map(loss)),
  }
}

/** 1 when the likelier class came, otherwise 0. A probability of one half counts as rain. */
export function hit({ probability, rain }: Forecast): number {
  return Number(probability >= 0.5 === rain)
}

/** -log of the probability given to what came. */
export function loss({ probability, rain }: Forecast): number {
  // A leaf of a tree can be pure; without a bound one surprise in a year would make the mean infinite.
  const bounded = Math.min(Math.max(probability, 1e-6), 1 - 1e-6)
  return -Math.log(rain ? bounded : 1 - bounded)
}

/** The arithmetic mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
