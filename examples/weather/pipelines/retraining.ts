import { pipeline } from '@pipewright/engine'

import { compareMonths } from '../nodes/compare-months.ts'
import { training } from './training.ts'

/** The training, and how it did beside earlier ones. One at a time: each lengthens the list that the next one reads. */
export const retraining = pipeline('retraining', [training, compareMonths], {
  concurrency: 1,
  tags: { data: 'seattle-weather' },
})
