import { InfrastructureError } from '@pipewright/engine'
import { crashPoint, type Plan, type RunHeader } from '@pipewright/engine/internal'

import { codeOf } from './code-fingerprint.ts'
import { findRun } from './deleted.ts'
import { chartsPage, runPage, tablePage } from './links.ts'
import { recordingOfMapped } from './mapped.ts'
import type { MlflowRecord } from './mlflow-record.ts'
import { openNote } from './note/run-note.ts'
import { writeParams } from './params.ts'
import { uploadJson } from './parent-artifact.ts'
import type { RecordingContext, RunRecording } from './recording.ts'
import { redactHeader } from './redact.ts'
import { runName } from './run-name.ts'
import { belongsTo, keyTag, parentTag, tagList } from './tags.ts'

/**
 * Begins or resumes the recording of a run: reads it from the ledger, adopts what MLflow already holds of it, and makes
 * sure that its parent run is there with params, plan and note. Undefined when the run's pipeline is not to be recorded.
 *
 * @param isNew No process was told of the run before this one, and this one has not tried it: MLflow holds nothing of it, and
 *   need not be asked.
 */
export async function openRun(
  context: RecordingContext,
  run: string,
  isNew: boolean,
): Promise<RunRecording | undefined> {
  const told = await context.ledger.run(run)
  if (told === undefined)
    throw new InfrastructureError(
      'RUN_NOT_IN_LEDGER',
      `The ledger has no run ${run}, though the outbox tells of it.`,
      { hint: 'It was pruned before it was recorded. Keep runs longer than the adapter is away.' },
    )
  const header = redactHeader(told, context.settings.redact)
  if (context.settings.disabledPipelines.includes(header.pipeline)) return undefined
  const plan = await context.ledger.plan(header.plan)
  const { experiment_id: experiment } = await context.tracking.experiment()
  const found = await findRun(context, run, isNew)
  const adopted = found.parent && { record: found.parent, doubtful: true }
  const { record: parent, doubtful } =
    adopted ?? (await createParent(context, header, plan, experiment))
  const recording: RunRecording = {
    header,
    plan,
    experiment,
    parent,
    attempts: found.attempts,
    mapped: recordingOfMapped(plan, context.settings.mappedRuns),
    shown: new Set(found.attempts.keys()),
    refused: new Set(found.deleted),
    // a predecessor may have left a call under way
    doubtful: doubtful || (!isNew && context.isTakenOver()),
  }
  const known = found.attempts.all().map(({ id, node, attempt }) => [`${node}/${attempt}`, id])
  await context.recorded.save(run, {
    ...Object.fromEntries(known),
    parent: parent.id,
    experiment,
  })
  crashPoint('adapter.recorded')
  await adoptOrphans(context, recording)
  // what is repeated here is stored once, so it does not matter how far a predecessor came
  if (!parent.ended) await describeParent(context, recording)
  return recording
}

async function createParent(
  context: RecordingContext,
  header: RunHeader,
  plan: Plan | undefined,
  experiment: string,
): Promise<{ readonly record: MlflowRecord; readonly doubtful: boolean }> {
  const name = runName(context.settings, header)
  const runs = context.links.pipeline(experiment, header.pipeline)
  const tags = tagList({
    ...context.settings.tags,
    ...plan?.tags,
    ...header.tags,
    ...belongsTo(header),
    'mlflow.runName': name,
    'mlflow.note.content':
      plan &&
      openNote(plan, {
        table: tablePage(experiment, header.pipeline),
        charts: chartsPage(experiment, header.pipeline),
        page: (run) => runPage(experiment, run),
      }),
    'pipewright.kind': 'pipeline',
    'pipewright.plan': header.plan,
    'pipewright.resumes': header.resumes,
    'pipewright.code': plan && codeOf(plan),
    'pipewright.link.runs': runs,
    [keyTag]: header.id,
  })
  const { id, doubtful } = await context.tracking.createRun(
    { run_name: name, start_time: Math.round(header.startedAt ?? header.createdAt), tags },
    header.id,
  )
  const record: MlflowRecord = {
    id,
    ended: false,
    outcome: undefined,
    parent: undefined,
    node: '',
    attempt: 0,
    hasParams: false,
    latest: new Map(),
  }
  return { record, doubtful }
}

async function describeParent(
  context: RecordingContext,
  { header, plan, parent }: RunRecording,
): Promise<void> {
  const { tracking, settings, log } = context
  const { params, tags, wasCut } = writeParams(header.params, settings.params)
  await tracking.log(parent.id, { params, metrics: [], tags })
  if (plan !== undefined) await uploadJson(context, parent.id, 'plan.json', plan)
  if (!wasCut) return
  log.warn({ run: header.id }, 'Params were too long for MLflow; params.json has them whole')
  await uploadJson(context, parent.id, 'params.json', header.params)
}

/** Attempts that were created below a parent which the server does not know any more move below the one that it has. */
async function adoptOrphans(
  { tracking }: RecordingContext,
  { parent, attempts }: RunRecording,
): Promise<void> {
  const records = attempts.all()
  const known = new Set([parent.id, ...records.map(({ id }) => id)])
  for (const record of records)
    if (record.parent === undefined || !known.has(record.parent)) {
      // oxlint-disable-next-line no-await-in-loop -- only after a server has lost its database
      await tracking.setTag(record.id, parentTag, parent.id)
      record.parent = parent.id
    }
}
