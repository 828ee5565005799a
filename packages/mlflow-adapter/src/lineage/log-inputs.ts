import { contentDigest } from '@pipewright/engine/internal'

import type { AttemptEnd } from '../attempt-end.ts'
import { MlflowError } from '../failure.ts'
import type { MlflowRecord } from '../mlflow-record.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import { withoutConflict } from '../without-conflict.ts'
import { datasetInput } from './dataset-input.ts'
import type { DatasetUse } from './dataset-use.ts'
import { inputsOf } from './uses.ts'

/** Tag of a run whose inputs MLflow refused: why. */
const inputsTag = 'pipewright.inputs'

/**
 * Records what an attempt read, as datasets of its run. Those that were not started or were followed by another attempt have
 * none. May be repeated. What MLflow refuses becomes a tag and stops nothing else.
 */
export async function logInputs(
  context: RecordingContext,
  recording: RunRecording,
  end: AttemptEnd,
  record: MlflowRecord,
): Promise<void> {
  if (!context.settings.lineage.enabled || end.superseded || end.attempt === 0) return
  const uses = await inputsOf(context, recording, end)
  // `score[17]` reads for what `score` reads for
  await logUses(context, recording, record.id, end.node.replaceAll(/\[\d+\]/g, ''), uses)
}

/** Records datasets as inputs of a run of MLflow, in one call. */
export async function logUses(
  context: RecordingContext,
  { header }: RunRecording,
  run: string,
  purpose: string,
  uses: readonly DatasetUse[],
): Promise<void> {
  if (uses.length === 0) return
  const reader = {
    run: header.id,
    pipeline: header.pipeline,
    context: purpose,
    storeUrl: context.storeUrl,
  }
  const datasets = uses.map((use) => datasetInput(use, reader))
  const names = uses.map(({ content }) => `${content.dataset} ${contentDigest(content)}`)
  try {
    await context.datasetTurns.take(names, () =>
      withoutConflict(() => context.tracking.logInputs({ run_id: run, datasets, models: [] })),
    )
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    context.log.warn({ mlflowRun: run, problem: error.message }, 'Inputs were not logged')
    await context.tracking.setTag(run, inputsTag, `not logged: ${error.message}`)
  }
}
