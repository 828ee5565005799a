import { pipeline } from '@pipewright/engine'

import { makeBaselines } from '../nodes/baselines.ts'
import { clean } from '../nodes/clean.ts'
import { evaluateBoosting, evaluateForest, evaluateLogistic } from '../nodes/evaluate.ts'
import { makeFeatures } from '../nodes/features.ts'
import { finalTest } from '../nodes/final-test.ts'
import { report } from '../nodes/report.ts'
import { select } from '../nodes/select.ts'
import { split } from '../nodes/split.ts'
import { trainBoosting } from '../nodes/train-boosting.ts'
import { trainForest } from '../nodes/train-forest.ts'
import { trainLogistic } from '../nodes/train-logistic.ts'

/** From the raw file to a tested model and its card. */
export const training = pipeline(
  'training',
  [
    clean,
    makeFeatures,
    split,
    makeBaselines,
    trainLogistic,
    trainForest,
    trainBoosting,
    evaluateLogistic,
    evaluateForest,
    evaluateBoosting,
    select,
    finalTest,
    report,
  ],
  { metrics: ['test.accuracy', 'test.log_loss'], tags: { data: 'seattle-weather' } },
)
