import * as z from 'zod'

/** What a model sees of the evening of a day. */
const FeatureColumns = z.object({
  rain: z.number(),
  rainLag1: z.number(),
  rainLag2: z.number(),
  rainLag3: z.number(),
  // Amounts as log(1 + mm): the difference between 0 and 2 mm says more than that between 30 and 32.
  precipitation: z.number(),
  precipitationLag1: z.number(),
  precipitationLag2: z.number(),
  precipitationLag3: z.number(),
  tempMax: z.number(),
  tempMin: z.number(),
  tempMaxChange: z.number(),
  tempMinChange: z.number(),
  wind: z.number(),
  windLag1: z.number(),
  rainShare7: z.number(),
  rainShare30: z.number(),
  precipitationMean7: z.number(),
  tempMaxMean7: z.number(),
  seasonSin: z.number(),
  seasonCos: z.number(),
  drizzle: z.number(),
  fog: z.number(),
  snow: z.number(),
  sun: z.number(),
})

/** The columns in the order in which models that count them take them. */
export const featureNames = FeatureColumns.keyof().options

export type FeatureName = (typeof featureNames)[number]

/** Features of one day, and whether it rained on the next. */
export const FeatureRow = z.object({
  /** The day on whose evening the forecast is made. */
  date: z.iso.date(),
  /** The day that is forecast. Rows are split by it, so that no answer crosses from one period into another. */
  forecastDate: z.iso.date(),
  ...FeatureColumns.shape,
  /** The answer: did it rain on `forecastDate`? */
  rainTomorrow: z.boolean(),
})
export type FeatureRow = z.infer<typeof FeatureRow>

/** The row as numbers, in the order of `featureNames`. */
export function featureVector(row: FeatureRow): number[] {
  return featureNames.map((name) => row[name])
}

/** The answers as 0 and 1. */
export function answers(rows: readonly FeatureRow[]): number[] {
  return rows.map((row) => Number(row.rainTomorrow))
}
