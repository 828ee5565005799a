import * as z from 'zod'

import type { FeatureRow } from './feature-row.ts'

/** Frequencies of the training period, all that the two baselines know. */
export const Baselines = z.object({
  /** Share of days with rain. */
  rainRate: z.number(),
  /** Share of days with rain among those after a day with rain. */
  rainAfterRain: z.number(),
  /** Share of days with rain among those after a dry day. */
  rainAfterDry: z.number(),
})
export type Baselines = z.infer<typeof Baselines>

export const baselineNames = ['majority', 'persistence'] as const
export type BaselineName = (typeof baselineNames)[number]

/** Counts the frequencies. */
export function countBaselines(rows: readonly FeatureRow[]): Baselines {
  return {
    rainRate: rainShare(rows),
    rainAfterRain: rainShare(rows.filter((row) => row.rain === 1)),
    rainAfterDry: rainShare(rows.filter((row) => row.rain === 0)),
  }
}

/**
 * `majority` gives every day the same probability, so it always forecasts the commoner class. `persistence` forecasts
 * that tomorrow equals today, with the probability that this had in training: a forecast of 0 or 1 would have an infinite
 * log-loss and be a straw man.
 */
export function baselineProbability(
  name: BaselineName,
  baselines: Baselines,
  row: FeatureRow,
): number {
  if (name === 'majority') return baselines.rainRate
  return row.rain === 1 ? baselines.rainAfterRain : baselines.rainAfterDry
}

function rainShare(rows: readonly FeatureRow[]): number {
  return rows.filter((row) => row.rainTomorrow).length / rows.length
}
