import { InfrastructureError } from '@pipewright/engine'
import type { Plan, RunHeader } from '@pipewright/engine/internal'

import { noteOf } from './note.ts'
import type { MlflowRecord, RecordingContext, RunRecording } from './recording.ts'
import type { MlflowRun } from './rest/entities.ts'
import { belongsTo, keyTag, paramList, parentTag, statusTag, tagList } from './tags.ts'

/**
 * Begins or resumes the recording of a run: reads it from the ledger, adopts what MLflow already holds of it, and makes
 * sure that its parent run is there with params, plan and note.
 */
export async function openRun(context: RecordingContext, run: string): Promise<RunRecording> {
  const header = await context.ledger.run(run)
  if (header === undefined)
    throw new InfrastructureError(
      'RUN_NOT_IN_LEDGER',
      `The ledger has no run ${run}, though the outbox tells of it.`,
      { hint: 'It was pruned before it was recorded. Keep runs longer than the adapter is away.' },
    )
  const plan = await context.ledger.plan(header.plan)
  const { experiment_id: experiment } = await context.tracking.experiment()
  const found = await adopt(context, run)
  const parent = found.parent ?? (await createParent(context, header, plan, experiment))
  const recording: RunRecording = {
    header,
    plan,
    experiment,
    parent: parent.record,
    attempts: found.attempts,
    doubtful: parent.doubtful,
  }
  const known = [...found.attempts.values()].map(({ id, node, attempt }) => [
    `${node}/${attempt}`,
    id,
  ])
  await context.recorded.save(run, {
    ...Object.fromEntries(known),
    parent: parent.record.id,
    experiment,
  })
  // what is repeated here is stored once, so it does not matter how far a predecessor came
  if (!parent.record.ended) await describeParent(context, recording)
  return recording
}

/** What MLflow holds of the run. Doubles of a record, left by a process that died in mid-call, are deleted. */
async function adopt(
  { tracking }: RecordingContext,
  run: string,
): Promise<{
  readonly parent: { readonly record: MlflowRecord; readonly doubtful: boolean } | undefined
  readonly attempts: Map<string, MlflowRecord>
}> {
  const records = new Map<string, MlflowRecord>()
  for (const found of await tracking.runsOf(run)) {
    const { key, record } = recordOf(found)
    // a run that someone else made and tagged
    if (key === undefined) continue
    const known = records.get(key)
    if (known === undefined || (record.ended && !known.ended)) records.set(key, record)
    const double = known === undefined ? undefined : records.get(key) === known ? record : known
    // oxlint-disable-next-line no-await-in-loop -- doubles are rare
    if (double !== undefined) await tracking.deleteRun(double.id)
  }
  const parent = records.get(run)
  records.delete(run)
  return {
    parent: parent === undefined ? undefined : { record: parent, doubtful: true },
    attempts: records,
  }
}

/** A run of MLflow as a record of ours, and the key that it carries if it is one. */
export function recordOf({ info, data }: MlflowRun): {
  readonly key: string | undefined
  readonly record: MlflowRecord
} {
  const tags = new Map(data.tags.map(({ key, value }) => [key, value]))
  return {
    key: tags.get(keyTag),
    record: {
      id: info.run_id,
      ended: info.status !== 'RUNNING' && info.status !== 'SCHEDULED',
      outcome: tags.get(statusTag),
      parent: tags.get(parentTag),
      node: tags.get('pipewright.node'),
      attempt: Number(tags.get('pipewright.attempt') ?? 0),
    },
  }
}

async function createParent(
  context: RecordingContext,
  header: RunHeader,
  plan: Plan | undefined,
  experiment: string,
): Promise<{ readonly record: MlflowRecord; readonly doubtful: boolean }> {
  const runs = context.links.pipeline(experiment, header.pipeline)
  const tags = tagList({
    ...context.settings.tags,
    ...plan?.tags,
    ...header.tags,
    ...belongsTo(header),
    'mlflow.runName': header.pipeline,
    'mlflow.note.content': plan === undefined ? undefined : noteOf(plan, { runs }),
    'pipewright.kind': 'pipeline',
    'pipewright.plan': header.plan,
    'pipewright.link.runs': runs,
    [keyTag]: header.id,
  })
  const { id, doubtful } = await context.tracking.createRun(
    { run_name: header.pipeline, start_time: Math.round(header.createdAt), tags },
    header.id,
  )
  const record: MlflowRecord = {
    id,
    ended: false,
    outcome: undefined,
    parent: undefined,
    node: undefined,
    attempt: 0,
  }
  return { record, doubtful }
}

async function describeParent(
  { tracking }: RecordingContext,
  { header, plan, parent }: RunRecording,
): Promise<void> {
  const { params, wasCut } = paramList(header.params)
  await tracking.log(parent.id, { params, metrics: [], tags: [] })
  if (plan !== undefined) {
    const json = new TextEncoder().encode(JSON.stringify(plan, undefined, 2))
    await tracking.putArtifact(parent.id, 'plan.json', json, 'application/json')
  }
  if (wasCut) {
    const json = new TextEncoder().encode(JSON.stringify(header.params, undefined, 2))
    await tracking.putArtifact(parent.id, 'params.json', json, 'application/json')
  }
}
