import { node } from '@pipewright/engine'

import { retrainingPlot, retrainings, retrainingsBefore, verdict } from '../datasets.ts'
import { withRetraining } from '../models/retraining.ts'
import { asOf } from '../params.ts'
import { plotRetrainings } from '../report/plot-retrainings.ts'

/** Adds the verdict of this run to those of earlier ones, and plots them all. */
export const compareMonths = node({
  name: 'compare_months',
  inputs: { verdict, retrainingsBefore },
  outputs: { retrainings, retrainingPlot },
  params: { asOf },
  tags: ['report'],
  timeout: '1m',
  async run({ verdict, retrainingsBefore }, { params, metric }) {
    const retrainings = withRetraining(retrainingsBefore, params.asOf, verdict)
    metric('retrainings', retrainings.length)
    return { retrainings, retrainingPlot: await plotRetrainings(retrainings) }
  },
})
