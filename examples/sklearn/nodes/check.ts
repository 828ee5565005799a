import { FatalNodeError, node } from '@pipewright/engine'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import * as z from 'zod'

import {
  model,
  pythonForecasts,
  testDigits,
  trainingDigits,
  verdict,
  type Digit,
  type Forecasts,
} from '../datasets.ts'

/** Runs the exported model in Node, and fails unless it forecasts what Python forecast. */
export const check = node({
  name: 'check',
  inputs: { model, pythonForecasts, trainingDigits, testDigits },
  outputs: { verdict },
  params: { tolerance: z.number().positive().default(0.00001) },
  async run({ model, pythonForecasts, trainingDigits, testDigits }, { params, metric }) {
    const forecasts = await forecastsOf(model, testDigits)
    const largestDifference = largestOf(forecasts, pythonForecasts)
    if (!(largestDifference <= params.tolerance)) {
      throw new FatalNodeError(
        `onnxruntime and scikit-learn differ by ${largestDifference}, more than ${params.tolerance}`,
      )
    }
    const confusion = confusionOf(testDigits, forecasts)
    const right = confusion.reduce((sum, row, digit) => sum + (row[digit] ?? 0), 0)
    const accuracy = right / testDigits.length
    metric('accuracy', accuracy)
    metric('largest_difference', largestDifference)
    const usual = mostFrequent(trainingDigits)
    const baseline = testDigits.filter(({ digit }) => digit === usual).length / testDigits.length
    const images = testDigits.length
    return { verdict: { images, accuracy, baseline, largestDifference, confusion } }
  },
})

async function forecastsOf(model: Uint8Array, images: readonly Digit[]): Promise<Forecasts> {
  const session = await InferenceSession.create(model)
  const pixels = Float32Array.from(images.flatMap((image) => image.pixels))
  const results = await session.run({ images: new Tensor('float32', pixels, [images.length, 64]) })
  // As the export names and types them.
  const probabilities = results['probabilities']?.data as Float32Array
  await session.release()
  return images.map((_, at) => [...probabilities.subarray(at * 10, at * 10 + 10)])
}

function largestOf(ours: Forecasts, theirs: Forecasts): number {
  let largest = 0
  for (const [at, row] of ours.entries()) {
    for (const [digit, probability] of row.entries()) {
      largest = Math.max(largest, Math.abs(probability - (theirs[at]?.[digit] ?? Number.NaN)))
    }
  }
  return ours.length === theirs.length ? largest : Number.NaN
}

function confusionOf(images: readonly Digit[], forecasts: Forecasts): number[][] {
  const confusion = Array.from({ length: 10 }, () => Array.from({ length: 10 }, () => 0))
  for (const [at, { digit }] of images.entries()) {
    const row = forecasts[at] ?? []
    const taken = row.indexOf(Math.max(...row))
    const counts = confusion[digit]
    if (counts !== undefined) counts[taken] = (counts[taken] ?? 0) + 1
  }
  return confusion
}

function mostFrequent(images: readonly Digit[]): number {
  const counts = [...Map.groupBy(images, ({ digit }) => digit)]
  return counts.toSorted(([, one], [, two]) => two.length - one.length)[0]?.[0] ?? 0
}
