import * as z from 'zod'

/** One recorded value of a metric: key, value, step, and the time of recording in ms since 1970. */
export type Metric = readonly [
  key: string,
  value: number | 'NaN' | 'Infinity' | '-Infinity',
  step: number,
  at: number,
]

export const Metric: z.ZodType<Metric> = z
  .tuple([
    z.string(),
    z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])]),
    z.number(),
    z.number(),
  ])
  .readonly()
