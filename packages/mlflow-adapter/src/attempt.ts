import type {
  Metric,
  NodeFinished,
  NodeLost,
  NodeRetrying,
  NodeStarted,
} from '@pipewright/engine/internal'

import { uploadOutputs, uploadsOf } from './artifact.ts'
import { metricPoints } from './metrics.ts'
import type { MlflowRecord, RecordingContext, RunRecording } from './recording.ts'
import type { RunStatus } from './rest/entities.ts'
import {
  attemptKey,
  belongsTo,
  failureTags,
  keyTag,
  paramList,
  parentTag,
  statusTag,
  tagList,
  type Tags,
} from './tags.ts'

/** An attempt of a node, as every event of it names it. */
export interface AttemptName {
  readonly run: string
  readonly node: string
  readonly index: number
  readonly attempt: number
}

/** How an attempt ended, whichever event told it. */
export interface AttemptEnd extends AttemptName {
  readonly startedAt: number
  readonly endedAt: number
  readonly metrics: readonly Metric[]
  readonly outcome: string
  readonly status: RunStatus
  /** Another attempt follows: this one makes room for it. */
  readonly superseded: boolean
  readonly tags: Tags
  readonly outputs: NodeFinished['outputs']
}

const statusOf: Readonly<Record<NodeFinished['status'], RunStatus>> = {
  succeeded: 'FINISHED',
  reused: 'FINISHED',
  failed: 'FAILED',
  cancelled: 'KILLED',
  skipped: 'KILLED',
}

/** The end of an attempt as its event tells it. */
export function endOf(event: NodeFinished | NodeRetrying | NodeLost): AttemptEnd {
  const { run, node, index, attempt } = event
  const name = { run, node, index, attempt }
  if (event.type === 'node_lost')
    return {
      ...name,
      startedAt: event.at,
      endedAt: event.at,
      metrics: [],
      outcome: 'lost',
      status: 'FAILED',
      superseded: true,
      tags: {
        'pipewright.losses': event.losses,
        'pipewright.error.code': 'WORKER_LOST',
        'pipewright.error.message': 'The worker was lost while it ran this attempt.',
      },
      outputs: [],
    }
  const finished = event.type === 'node_finished'
  return {
    ...name,
    // a node that never ran takes no time
    startedAt: event.startedAt > 0 ? event.startedAt : event.endedAt,
    endedAt: event.endedAt,
    metrics: event.metrics,
    outcome: finished ? event.status : 'retried',
    status: finished ? statusOf[event.status] : 'FAILED',
    superseded: !finished,
    tags: { 'pipewright.worker': event.worker, ...failureTags(event.error) },
    outputs: finished ? event.outputs : [],
  }
}

/** Records that an attempt runs. Nothing to do when it is known, or a later one is. */
export async function startAttempt(
  context: RecordingContext,
  recording: RunRecording,
  event: NodeStarted,
): Promise<void> {
  const later = [...recording.attempts.values()].some(
    ({ node, attempt }) => node === event.node && attempt > event.attempt,
  )
  if (!later)
    await ensureAttempt(context, recording, event, event.at, { 'pipewright.worker': event.worker })
}

/** Records metrics of a running attempt. */
export async function logMetrics(
  context: RecordingContext,
  recording: RunRecording,
  name: AttemptName,
  metrics: readonly Metric[],
): Promise<void> {
  const earliest = Math.min(...metrics.map(([, , , at]) => at))
  const record = await ensureAttempt(context, recording, name, earliest, {})
  const params = paramsOf(recording, name)
  await context.tracking.log(record.id, { params, metrics: metricPoints(metrics), tags: [] })
}

/** Records the end of an attempt; `buffered` are its metrics that came before and were not logged yet. */
export async function endAttempt(
  context: RecordingContext,
  recording: RunRecording,
  end: AttemptEnd,
  buffered: readonly Metric[] = [],
): Promise<void> {
  const known = recording.attempts.get(attemptKey(end))
  if (known?.ended === true && known.outcome === end.outcome) {
    // told again; points that came again with it are stored once
    await context.tracking.log(known.id, { params: [], metrics: metricPoints(buffered), tags: [] })
    return
  }
  if (end.superseded && context.settings.attempts === 'last') {
    await dropAttempt(context, recording, end)
    return
  }
  const uploads = await uploadsOf(context, end)
  const tags = {
    [statusTag]: end.outcome,
    'pipewright.kind': end.superseded ? 'attempt' : 'node',
    ...end.tags,
    ...uploads.tags,
  }
  const record = await ensureAttempt(context, recording, end, end.startedAt, tags)
  await context.tracking.log(record.id, {
    params: paramsOf(recording, end),
    metrics: metricPoints([...buffered, ...end.metrics]),
    // an attempt that is created at its end carries its tags from the first
    tags: known === undefined ? [] : tagList(tags),
  })
  await uploadOutputs(context, record.id, uploads.list)
  await context.tracking.updateRun({
    run_id: record.id,
    status: end.status,
    end_time: Math.round(end.endedAt),
    run_name: end.superseded ? `${end.node} (attempt ${end.attempt})` : end.node,
  })
  record.ended = true
  record.outcome = end.outcome
}

/** The record of an attempt, created when there is none. Earlier attempts of the node move below it. */
async function ensureAttempt(
  context: RecordingContext,
  recording: RunRecording,
  name: AttemptName,
  startedAt: number,
  tags: Tags,
): Promise<MlflowRecord> {
  const key = attemptKey(name)
  const known = recording.attempts.get(key)
  const record = known ?? (await createAttempt(context, recording, name, startedAt, tags))
  if (known === undefined)
    await context.recorded.save(name.run, { [`${name.node}/${name.attempt}`]: record.id })
  if (record.parent === recording.parent.id)
    for (const other of recording.attempts.values())
      if (isEarlier(other, record) && other.parent === recording.parent.id) {
        // oxlint-disable-next-line no-await-in-loop -- at most one, unless a process died between these calls
        await context.tracking.setTag(other.id, parentTag, record.id)
        other.parent = record.id
      }
  return record
}

async function createAttempt(
  { tracking, links }: RecordingContext,
  recording: RunRecording,
  name: AttemptName,
  startedAt: number,
  tags: Tags,
): Promise<MlflowRecord> {
  const key = attemptKey(name)
  const { id, doubtful } = await tracking.createRun(
    {
      run_name: name.node,
      start_time: Math.round(startedAt),
      tags: tagList({
        'pipewright.kind': 'node',
        ...tags,
        ...belongsTo(recording.header),
        'mlflow.runName': name.node,
        [parentTag]: recording.parent.id,
        'pipewright.node': name.node,
        'pipewright.attempt': name.attempt,
        'pipewright.link.parent': links.run(recording.experiment, recording.parent.id),
        [keyTag]: key,
      }),
    },
    key,
  )
  if (doubtful) recording.doubtful = true
  const record: MlflowRecord = {
    id,
    ended: false,
    outcome: undefined,
    parent: recording.parent.id,
    node: name.node,
    attempt: name.attempt,
  }
  recording.attempts.set(key, record)
  return record
}

async function dropAttempt(
  { tracking, recorded }: RecordingContext,
  recording: RunRecording,
  name: AttemptName,
): Promise<void> {
  const key = attemptKey(name)
  const record = recording.attempts.get(key)
  if (record === undefined) return
  await tracking.deleteRun(record.id)
  recording.attempts.delete(key)
  await recorded.remove(name.run, `${name.node}/${name.attempt}`)
}

/** Attempt 0 is the end of a node that will not start again, so it comes after all others. */
function isEarlier(other: MlflowRecord, than: MlflowRecord): boolean {
  return other.node === than.node && orderOf(other) < orderOf(than)
}

function orderOf({ attempt }: MlflowRecord): number {
  return attempt === 0 ? Infinity : attempt
}

/** The params that the node used, under the names that its function knows. */
function paramsOf(
  { header, plan }: RunRecording,
  { index }: AttemptName,
): ReturnType<typeof paramList>['params'] {
  const names = Object.entries(plan?.nodes[index]?.params ?? {})
  const used = names.filter(([, name]) => Object.hasOwn(header.params, name))
  return paramList(Object.fromEntries(used.map(([key, name]) => [key, header.params[name]]))).params
}
