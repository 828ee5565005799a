import { FatalNodeError, node } from '@pipewright/engine'

import { features, selectionRows, testRows, trainingRows } from '../datasets.ts'
import { yearsBefore } from '../models/calendar.ts'
import type { FeatureRow } from '../models/feature-row.ts'
import { asOf } from '../params.ts'

/** Fewer days than this do not show a model one whole winter or summer. */
const fewestTrainingRows = 180

export const split = node({
  name: 'split',
  inputs: { features },
  outputs: { trainingRows, selectionRows, testRows },
  params: { asOf },
  tags: ['data'],
  timeout: '1m',
  run({ features }, { params, metric }) {
    const rows = splitByTime(features, params.asOf)
    metric('training_rows', rows.trainingRows.length)
    metric('selection_rows', rows.selectionRows.length)
    metric('test_rows', rows.testRows.length)
    return rows
  },
})

/**
 * The twelve months up to `asOf` are the test, the twelve before them the selection, the rest the training; a row belongs
 * to the day that it forecasts.
 *
 * @throws FatalNodeError when too few days are left to train on.
 */
export function splitByTime(
  rows: readonly FeatureRow[],
  asOf: string,
): Record<'trainingRows' | 'selectionRows' | 'testRows', FeatureRow[]> {
  const selectionEnd = yearsBefore(asOf, 1)
  const trainingEnd = yearsBefore(asOf, 2)
  const between = (after: string, last: string) =>
    rows.filter((row) => row.forecastDate > after && row.forecastDate <= last)
  const trainingRows = between('', trainingEnd)
  if (trainingRows.length < fewestTrainingRows) {
    throw new FatalNodeError(
      `Only ${trainingRows.length} days up to ${trainingEnd} are left to train on; ${fewestTrainingRows} are needed. ` +
        'Choose a later asOf.',
    )
  }
  return {
    trainingRows,
    selectionRows: between(trainingEnd, selectionEnd),
    testRows: between(selectionEnd, asOf),
  }
}
