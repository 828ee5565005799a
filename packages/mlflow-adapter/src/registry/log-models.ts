import type { DatasetReference } from '@pipewright/engine/internal'

import type { AttemptEnd } from '../attempt-end.ts'
import { MlflowError } from '../failure.ts'
import type { MlflowRecord } from '../mlflow-record.ts'
import { writeParams } from '../params.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import type { LoggedModel } from '../rest/logged-models.ts'
import { attemptKey, keyTag, runTag, tagList } from '../tags.ts'
import { modelsAmong, readPackage, type ModelPackage } from './model-package.ts'

/** A node run that made models, and the run in MLflow that they belong to. */
export interface ModelMaker {
  readonly run: string
  readonly node: string
  readonly attempt: number
  /** Of the node run; of the parent where node runs are not recorded. */
  readonly mlflowRun: string
}

/** Records the models among the outputs of an attempt. May be repeated. What MLflow refuses becomes a tag and stops nothing else. */
export async function logModels(
  context: RecordingContext,
  recording: RunRecording,
  end: AttemptEnd,
  record: MlflowRecord,
): Promise<void> {
  for (const output of modelsAmong(end.outputs))
    // oxlint-disable-next-line no-await-in-loop -- a node makes one
    await logModel(context, recording, { ...end, mlflowRun: record.id }, output)
}

/**
 * Records a model: its files, and that the run made it.
 *
 * @returns undefined when it could not be recorded; a tag of the run says why
 */
export async function logModel(
  context: RecordingContext,
  recording: RunRecording,
  maker: ModelMaker,
  output: DatasetReference,
): Promise<{ readonly model: LoggedModel; readonly content: ModelPackage } | undefined> {
  const content = await readPackage(context, output)
  if (typeof content === 'string') {
    await noteProblem(context, maker.mlflowRun, output, content)
    return undefined
  }
  try {
    const model = await context.models.loggedModel(
      loggedModelOf(context, recording, maker, output, content),
      modelKey(maker, output),
    )
    if (model.info.status !== 'LOGGED_MODEL_READY' && !(await upload(context, model, content))) {
      const problem = 'the server does not keep the artifacts of this experiment itself'
      await noteProblem(context, maker.mlflowRun, output, problem)
      return undefined
    }
    await context.models.addOutput(maker.mlflowRun, model)
    return { model, content }
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    await noteProblem(context, maker.mlflowRun, output, error.message)
    return undefined
  }
}

/** The key of a model in MLflow: that of the attempt that made it, and the dataset. */
export function modelKey(
  maker: Pick<ModelMaker, 'run' | 'node' | 'attempt'>,
  { dataset }: Pick<DatasetReference, 'dataset'>,
): string {
  return `${attemptKey(maker)}/${dataset}`
}

async function upload(
  { models }: RecordingContext,
  model: LoggedModel,
  { files }: ModelPackage,
): Promise<boolean> {
  for (const [path, bytes] of files) {
    // oxlint-disable-next-line no-await-in-loop -- a dozen files, and other calls want their turn
    if (await models.putFile(model, path, bytes)) continue
    // oxlint-disable-next-line no-await-in-loop
    await models.setStatus(model, 'LOGGED_MODEL_UPLOAD_FAILED')
    return false
  }
  await models.setStatus(model, 'LOGGED_MODEL_READY')
  return true
}

function loggedModelOf(
  { settings }: RecordingContext,
  { header, experiment }: RunRecording,
  maker: ModelMaker,
  output: DatasetReference,
  { manifest }: ModelPackage,
): Parameters<RecordingContext['models']['loggedModel']>[0] {
  return {
    experiment_id: experiment,
    // What MLflow refuses in the name of a logged model, though not in that of a registered one.
    name: manifest.name.replaceAll(/[/:.%"']/g, '_'),
    source_run_id: maker.mlflowRun,
    params: writeParams(manifest.params, settings.params).params,
    tags: tagList({
      'pipewright.kind': 'model',
      'pipewright.pipeline': header.pipeline,
      [runTag]: maker.run,
      'pipewright.node': maker.node,
      'pipewright.attempt': maker.attempt,
      'pipewright.fingerprint': manifest.fingerprint,
      'pipewright.sha256': output.sha256,
      [keyTag]: modelKey(maker, output),
    }),
  }
}

/** Says on a run of MLflow why a model of it is not recorded. */
async function noteProblem(
  { tracking, log }: RecordingContext,
  run: string,
  { dataset }: DatasetReference,
  problem: string,
): Promise<void> {
  log.warn({ dataset, mlflowRun: run, problem }, 'A model was not recorded')
  const [tag] = tagList({ [`pipewright.model.${dataset}`]: `not recorded: ${problem}` })
  if (tag !== undefined) await tracking.setTag(run, tag.key, tag.value)
}
