import type { Metric, NodeStarted } from '@pipewright/engine/internal'

import { uploadsOf } from './artifacts/plan-upload.ts'
import { uploadOutputs, uploadToParent } from './artifacts/upload.ts'
import type { AttemptEnd, AttemptName } from './attempt-end.ts'
import { dropAttempt, ensureAttempt } from './attempt-record.ts'
import { later } from './latest-point.ts'
import { lineageTags } from './lineage/lineage-tags.ts'
import { logInputs } from './lineage/log-inputs.ts'
import { isTabled } from './mapped.ts'
import { metricPoints } from './metrics.ts'
import type { MlflowRecord } from './mlflow-record.ts'
import { noteOfAttempt } from './note/attempt-note.ts'
import { writeParams } from './params.ts'
import type { RecordingContext, RunRecording } from './recording.ts'
import { logModels } from './registry/log-models.ts'
import type { Tag } from './rest/entities.ts'
import { attemptKey, statusTag, tagList } from './tags.ts'

/** Records that an attempt runs. Nothing to do when it is known, or a later one is. */
export async function startAttempt(
  context: RecordingContext,
  recording: RunRecording,
  event: NodeStarted,
): Promise<void> {
  if (!isShownRunning(context, recording, event)) return
  const later = recording.attempts.of(event.node).some(({ attempt }) => attempt > event.attempt)
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
  if (!isShownRunning(context, recording, name)) return
  const earliest = Math.min(...metrics.map(([, , , at]) => at))
  const record = await ensureAttempt(context, recording, name, earliest, {})
  await logAttempt(context, recording, name, record, { metrics, tags: [] })
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
  if (!isRecorded(context, recording, end)) {
    await uploadToParent(context, recording, end)
    return
  }
  const uploads = await uploadsOf(context, recording, end)
  const tags = {
    [statusTag]: end.outcome,
    'pipewright.kind': end.superseded ? 'attempt' : 'node',
    ...end.tags,
    'pipewright.link.origin':
      end.origin && context.links.node(recording.experiment, end.origin.run, end.origin.node),
    ...uploads.tags,
    ...lineageTags(context, recording, end),
    'mlflow.note.content': noteOfAttempt(recording, end, end.error),
  }
  const record = await ensureAttempt(context, recording, end, end.startedAt, tags)
  await logAttempt(context, recording, end, record, {
    metrics: [...buffered, ...end.metrics],
    // an attempt that is created at its end carries its tags from the first
    tags: known === undefined ? [] : tagList(tags),
  })
  // each owns its errors: what MLflow refuses of one becomes a tag and keeps nothing else from being recorded
  await Promise.all([
    uploadOutputs(context, record.id, uploads.list),
    logInputs(context, recording, end, record),
    logModels(context, recording, end, record),
  ])
  await context.tracking.updateRun({
    run_id: record.id,
    status: end.status,
    end_time: Math.round(end.endedAt),
    run_name: end.superseded ? `${end.node} (attempt ${end.attempt})` : end.node,
  })
  record.ended = true
  record.outcome = end.outcome
}

function isShownRunning(
  { settings }: RecordingContext,
  recording: RunRecording,
  { node }: AttemptName,
): boolean {
  return settings.nodeRuns === 'all' && !isTabled(recording, node)
}

/** Of nodes that are recorded as a table, those that failed have runs as well, as long as there is room. */
function isRecorded(
  { settings }: RecordingContext,
  recording: RunRecording,
  end: AttemptEnd,
): boolean {
  if (settings.nodeRuns === 'none') return false
  if (!isTabled(recording, end.node)) return settings.nodeRuns === 'all' || end.status === 'FAILED'
  const key = attemptKey(end)
  if (recording.shown.has(key)) return true
  if (end.superseded || end.status !== 'FAILED') return false
  // taken before anything is waited for: many may fail at the same moment
  if (recording.shown.size >= settings.mappedRuns) return false
  recording.shown.add(key)
  return true
}

/** Logs metrics and tags of an attempt, and the first time the params that the node used, under the names that its function knows. */
async function logAttempt(
  { tracking, settings }: RecordingContext,
  { header, plan }: RunRecording,
  { index }: AttemptName,
  record: MlflowRecord,
  { metrics, tags }: { readonly metrics: readonly Metric[]; readonly tags: readonly Tag[] },
): Promise<void> {
  const names = record.hasParams ? [] : Object.entries(plan?.nodes[index]?.params ?? {})
  const used = names.filter(([, name]) => Object.hasOwn(header.params, name))
  const written = writeParams(
    Object.fromEntries(used.map(([key, name]) => [key, header.params[name]])),
    settings.params,
  )
  const points = metricPoints(metrics)
  await tracking.log(record.id, {
    params: written.params,
    metrics: points,
    tags: [...written.tags, ...tags],
  })
  for (const point of points)
    record.latest.set(point.key, later(record.latest.get(point.key), point))
  record.hasParams = true
}
