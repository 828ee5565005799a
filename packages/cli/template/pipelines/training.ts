import { dataset, node, pipeline, table } from '@pipewright/engine'
import * as z from 'zod'

/** A day at the kiosk. The cells of a CSV file are text; the schema makes them numbers. */
const Day = z.object({ date: z.string(), temperature: z.number(), cones: z.number() })

const rawDays = table('raw_days', Day.extend({ cones: z.number().nullable() }))
const days = table('days', Day)
const model = dataset('model', z.object({ slope: z.number(), intercept: z.number() }))
const scores = dataset('scores', z.object({ meanError: z.number(), baselineError: z.number() }))

const clean = node({
  name: 'clean',
  inputs: { rawDays },
  outputs: { days },
  run({ rawDays }, { log, metric }) {
    const days = rawDays.flatMap((day) => (day.cones === null ? [] : { ...day, cones: day.cones }))
    log.info('dropped days that were not counted', { dropped: rawDays.length - days.length })
    metric('days', days.length)
    return { days }
  },
})

const train = node({
  name: 'train',
  inputs: { days },
  outputs: { model },
  params: z.object({
    epochs: z.int().min(1).default(50),
    learningRate: z.number().positive().default(0.1),
  }),
  retries: 2,
  run({ days }, { params, metric, signal }) {
    // Around 0 and of the size of 1, or the steps would be far too long for one of the two weights.
    const points = days.map(({ temperature, cones }) => ({ x: (temperature - 22) / 5, y: cones }))
    let [slope, intercept] = [0, 0]
    for (let epoch = 1; epoch <= params.epochs; epoch++) {
      signal.throwIfAborted()
      const errors = points.map(({ x, y }) => ({ x, error: slope * x + intercept - y }))
      slope -= params.learningRate * mean(errors.map(({ x, error }) => error * x))
      intercept -= params.learningRate * mean(errors.map(({ error }) => error))
      metric('loss', mean(errors.map(({ error }) => error ** 2)), epoch)
    }
    return { model: { slope: slope / 5, intercept: intercept - (slope / 5) * 22 } }
  },
})

const evaluate = node({
  name: 'evaluate',
  inputs: { days, model },
  outputs: { scores },
  run({ days, model }, { metric }) {
    const average = mean(days.map((day) => day.cones))
    const meanError = mean(
      days.map((day) => Math.abs(model.slope * day.temperature + model.intercept - day.cones)),
    )
    const baselineError = mean(days.map((day) => Math.abs(average - day.cones)))
    metric('mean_error', meanError)
    metric('baseline_error', baselineError)
    return { scores: { meanError, baselineError } }
  },
})

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export const training = pipeline('training', [clean, train, evaluate], {
  metrics: ['evaluate.mean_error', 'evaluate.baseline_error'],
})
