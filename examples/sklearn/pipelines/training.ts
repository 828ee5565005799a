import { pipeline } from '@pipewright/engine'

import { check } from '../nodes/check.ts'
import { readDigits, train } from '../nodes/python-nodes.ts'
import { report } from '../nodes/report.ts'
import { split } from '../nodes/split.ts'

/** From scikit-learn's digits to a model in ONNX that forecasts the same in both languages. */
export const training = pipeline('training', [readDigits, split, train, check, report], {
  metrics: ['check.accuracy', 'check.largest_difference'],
})
