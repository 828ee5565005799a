import type { DatasetReference } from '@pipewright/engine/internal'
import type { ModelManifest } from '@pipewright/engine/model'

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
  // a node run that was reused made nothing
  if (end.outcome !== 'succeeded') return
  for (const output of modelsAmong(end.outputs))
    // oxlint-disable-next-line no-await-in-loop -- a node makes one
    await logModel(context, recording, { ...end, mlflowRun: record.id }, output)
}

/** A model as it stands in MLflow. */
export interface LoggedPackage {
  readonly id: string
  readonly manifest: ModelManifest
}

/** What this process has recorded of the models of a run, by key: the run's end need not ask again. */
const known = new WeakMap<RunRecording, Map<string, LoggedPackage>>()

/**
 * Records a model: its files, and that the run made it. Nothing to do when this process has done it.
 *
 * @returns undefined when it could not be recorded; a tag of the run says why
 */
export async function logModel(
  context: RecordingContext,
  recording: RunRecording,
  maker: ModelMaker,
  output: DatasetReference,
): Promise<LoggedPackage | undefined> {
  const models = known.get(recording) ?? new Map<string, LoggedPackage>()
  known.set(recording, models)
  const key = modelKey(maker, output)
  const logged = models.get(key) ?? (await logPackage(context, recording, maker, output))
  if (logged !== undefined) models.set(key, logged)
  return logged
}

async function logPackage(
  context: RecordingContext,
  recording: RunRecording,
  maker: ModelMaker,
  output: DatasetReference,
): Promise<LoggedPackage | undefined> {
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
    return { id: model.info.model_id, manifest: content.manifest }
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
    params: writeParams(recordedParams(header.params, manifest), settings.params).params,
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

/** Params of the model as the run's record has them: without what nobody is to read. */
function recordedParams(
  params: Readonly<Record<string, unknown>>,
  manifest: ModelManifest,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => Object.hasOwn(manifest.params, name)),
  )
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
