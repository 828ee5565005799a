import { dataset, table } from '@pipewright/engine'
import * as z from 'zod'

import { Baselines } from './models/baseline.ts'
import { FeatureRow } from './models/feature-row.ts'
import { Model } from './models/model.ts'
import { Retraining } from './models/retraining.ts'
import { Score } from './models/score.ts'
import { Verdict } from './models/verdict.ts'

const Weather = z.enum(['drizzle', 'fog', 'rain', 'snow', 'sun'])

/** The file as it came. */
export const rawDays = table(
  'raw_days',
  z.object({
    date: z.iso.date(),
    precipitation: z.number().nonnegative(),
    temp_max: z.number(),
    temp_min: z.number(),
    wind: z.number().nonnegative(),
    weather: Weather,
  }),
)

export const Day = z.object({
  date: z.iso.date(),
  /** Millimetres. */
  precipitation: z.number().nonnegative(),
  /** Degrees Celsius. */
  tempMax: z.number(),
  tempMin: z.number(),
  wind: z.number().nonnegative(),
  weather: Weather,
  /** Any precipitation at all. */
  rain: z.boolean(),
})
export type Day = z.infer<typeof Day>

/** One row a day, in order, no day missing, none after `asOf`. */
export const days = table('days', Day)

export const features = table('features', FeatureRow)
export const trainingRows = table('training_rows', FeatureRow)
export const selectionRows = table('selection_rows', FeatureRow)
export const testRows = table('test_rows', FeatureRow)

export const logisticModel = dataset('logistic_model', Model)
export const forestModel = dataset('forest_model', Model)
export const boostingModel = dataset('boosting_model', Model)
export const baselines = dataset('baselines', Baselines)

/** Scores on the selection year. */
export const logisticScore = dataset('logistic_score', Score)
export const forestScore = dataset('forest_score', Score)
export const boostingScore = dataset('boosting_score', Score)
export const baselineScores = dataset('baseline_scores', z.array(Score))

export const selectedModel = dataset('selected_model', Model)
/** The candidates' scores, best first. */
export const ranking = dataset('ranking', z.array(Score))

/** What was forecast for each day of the test, and what came. */
export const testForecasts = table(
  'test_forecasts',
  z.object({
    date: z.iso.date(),
    rain: z.boolean(),
    model: z.number(),
    majority: z.number(),
    persistence: z.number(),
  }),
)
export const verdict = dataset('verdict', Verdict)

export const reportPlot = dataset('report_plot', z.string())
export const modelCard = dataset('model_card', z.string())

/** How the retrainings before this one did, and with it: the catalog has both at one path. */
export const retrainingsBefore = dataset('retrainings_before', z.array(Retraining))
export const retrainings = dataset('retrainings', z.array(Retraining))
export const retrainingPlot = dataset('retraining_plot', z.string())
