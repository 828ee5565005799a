import { dataset, table } from '@pipewright/engine'
import * as z from 'zod'

/** 64 shades of grey, row by row. */
const Pixels = z.array(z.number()).length(64)

/** An image as scikit-learn has it: shades from 0 to 16. */
export const Digit = z.object({ digit: z.int().min(0).max(9), pixels: Pixels })
export type Digit = z.infer<typeof Digit>

export const digits = table('digits', Digit)

/** Shades from 0 to 1. */
export const trainingDigits = table('training_digits', Digit)
export const testDigits = table('test_digits', Digit)
/** The same images as `test_digits`, without what they show: all that Python sees of the test. */
export const testImages = dataset('test_images', z.array(Pixels))

/** The trained model in ONNX. */
export const model = dataset('model', z.instanceof(Uint8Array))

/** For each image of the test the probabilities of the ten digits. */
export const Forecasts = z.array(z.array(z.number().min(0).max(1.0001)).length(10))
export type Forecasts = z.infer<typeof Forecasts>
/** As scikit-learn computes them in Python, and as onnxruntime does from the file in Node. */
export const pythonForecasts = dataset('python_forecasts', Forecasts)

export const Verdict = z.object({
  images: z.int(),
  /** Share of images whose most probable digit is the right one. */
  accuracy: z.number(),
  /** Share that the most frequent digit of the training would get right. */
  baseline: z.number(),
  /** Largest difference between a probability of Python's and of onnxruntime's. */
  largestDifference: z.number(),
  /** Rows: what an image shows; columns: what it was taken for. */
  confusion: z.array(z.array(z.int())),
})
export type Verdict = z.infer<typeof Verdict>
export const verdict = dataset('verdict', Verdict)

export const modelCard = dataset('model_card', z.string())
