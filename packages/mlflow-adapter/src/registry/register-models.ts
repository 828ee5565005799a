import type { DatasetReference, NodeFinished } from '@pipewright/engine/internal'
import type { ModelEvaluation } from '@pipewright/engine/model'

import { MlflowError } from '../failure.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import { attemptKey, keyTag, runTag, tagList } from '../tags.ts'
import { logModel, modelKey, type LoggedPackage, type ModelMaker } from './log-models.ts'
import { modelsAmong } from './model-package.ts'
import { evaluationTags } from './version-tags.ts'

/** The alias of the newest version, which waits to be promoted. */
export const challenger = 'challenger'

/** A model of a run, as it is recorded. */
export interface RecordedModel {
  readonly id: string
  readonly evaluation: ModelEvaluation | undefined
}

/**
 * At the end of a run: completes the records of its models and, when the run succeeded, registers each as a version, once.
 * What MLflow refuses becomes a tag of the parent and does not keep the run from its end.
 */
export async function registerModels(
  context: RecordingContext,
  recording: RunRecording,
  nodes: readonly NodeFinished[],
  succeeded: boolean,
): Promise<readonly RecordedModel[]> {
  const recorded: RecordedModel[] = []
  for (const node of nodes.filter(({ status }) => status === 'succeeded'))
    for (const output of modelsAmong(node.outputs)) {
      const mlflowRun = recording.attempts.get(attemptKey(node))?.id ?? recording.parent.id
      const maker = { run: node.run, node: node.node, attempt: node.attempt, mlflowRun }
      // oxlint-disable-next-line no-await-in-loop -- a run makes one
      const logged = await logModel(context, recording, maker, output)
      if (logged === undefined) continue
      recorded.push({ id: logged.id, evaluation: logged.manifest.evaluation })
      // oxlint-disable-next-line no-await-in-loop
      if (succeeded) await register(context, recording, maker, output, logged)
    }
  if (recorded.length > 0 && recording.doubtful) await removeDoubles(context, recording, recorded)
  return recorded
}

async function register(
  context: RecordingContext,
  recording: RunRecording,
  maker: ModelMaker,
  output: DatasetReference,
  { id, manifest }: LoggedPackage,
): Promise<void> {
  const { models, links, log, tracking } = context
  const { header, experiment, parent } = recording
  const key = modelKey(maker, output)
  const link = links.run(experiment, parent.id)
  try {
    await models.registeredModel(
      manifest.name,
      `Made by the pipeline **${manifest.pipeline}**: rows of \`${manifest.input}\` in, rows of \`${manifest.output}\` out.`,
    )
    const version = await models.version(
      {
        name: manifest.name,
        source: `models:/${id}`,
        run_id: parent.id,
        model_id: id,
        description: `Packed by the node \`${maker.node}\` of [a run of ${header.pipeline}](${link}).`,
        tags: tagList({
          ...evaluationTags(manifest.evaluation),
          'pipewright.pipeline': header.pipeline,
          [runTag]: header.id,
          'pipewright.node': maker.node,
          'pipewright.node_run': maker.mlflowRun,
          'pipewright.fingerprint': manifest.fingerprint,
          ...originTags(header.tags),
          [keyTag]: key,
        }),
      },
      key,
    )
    await models.raiseAlias(challenger, version)
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    log.warn({ model: manifest.name, problem: error.message }, 'A model was not registered')
    const [tag] = tagList({
      [`pipewright.model.${manifest.name}`]: `not registered: ${error.message}`,
    })
    if (tag !== undefined) await tracking.setTag(parent.id, tag.key, tag.value)
  }
}

/** Which code made it: the tags of the run that say so. */
function originTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tags).filter(([name]) => /^(?:mlflow\.source\.git|pipewright)\./.test(name)),
  )
}

/** Models that a creation made after it was given up for lost, while another one took its place. */
async function removeDoubles(
  { models, log }: RecordingContext,
  { header, experiment }: RunRecording,
  recorded: readonly RecordedModel[],
): Promise<void> {
  const kept = new Set(recorded.map(({ id }) => id))
  for (const model of await models.modelsOf(experiment, header.id)) {
    if (kept.has(model.info.model_id)) continue
    log.info({ model: model.info.model_id }, 'A double of a model is removed')
    // oxlint-disable-next-line no-await-in-loop -- doubles are rare
    await models.deleteModel(model)
  }
}
