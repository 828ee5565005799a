import { join } from 'node:path'

import { pythonNode } from '@pipewright/python'
import * as z from 'zod'

import { digits, model, pythonForecasts, testImages, trainingDigits } from '../datasets.ts'
import { seed } from '../params.ts'

/** Both functions share one environment, and its warm processes. */
const python = {
  folder: join(import.meta.dirname, '..', 'python'),
  requirements: 'requirements.txt',
} as const

/** The images that come with scikit-learn. */
export const readDigits = pythonNode({
  name: 'read_digits',
  ...python,
  module: 'images',
  function: 'read_digits',
  inputs: {},
  outputs: { digits },
})

export const train = pythonNode({
  name: 'train',
  ...python,
  module: 'training',
  function: 'train',
  inputs: { training_digits: trainingDigits, test_images: testImages },
  outputs: { model, python_forecasts: pythonForecasts },
  params: { strength: z.number().positive().default(0.1), folds: z.int().min(2).default(4), seed },
  timeout: '5m',
})
