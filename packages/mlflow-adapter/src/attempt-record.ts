import { crashPoint } from '@pipewright/engine/internal'

import type { AttemptName } from './attempt-end.ts'
import { orderOf } from './attempt-index.ts'
import type { MlflowRecord } from './mlflow-record.ts'
import { noteOfAttempt } from './note/attempt-note.ts'
import type { RecordingContext, RunRecording } from './recording.ts'
import { attemptKey, belongsTo, keyTag, parentTag, tagList, type Tags } from './tags.ts'

/** The record of an attempt, created when there is none. Earlier attempts of the node move below it. */
export async function ensureAttempt(
  context: RecordingContext,
  recording: RunRecording,
  name: AttemptName,
  startedAt: number,
  tags: Tags,
): Promise<MlflowRecord> {
  const key = attemptKey(name)
  const known = recording.attempts.get(key)
  const record = known ?? (await createAttempt(context, recording, name, startedAt, tags))
  if (known === undefined) {
    await context.recorded.save(name.run, { [`${name.node}/${name.attempt}`]: record.id })
    crashPoint('adapter.recorded')
  }
  if (record.parent === recording.parent.id)
    for (const other of recording.attempts.of(record.node))
      if (orderOf(other) < orderOf(record) && other.parent === recording.parent.id) {
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
  // told late: its successor is there already
  const [successor] = recording.attempts
    .of(name.node)
    .filter((other) => orderOf(other) > orderOf(name))
    .toSorted((one, two) => orderOf(one) - orderOf(two))
  const parent = successor?.id ?? recording.parent.id
  const { id, doubtful } = await tracking.createRun(
    {
      run_name: name.node,
      start_time: Math.round(startedAt),
      tags: tagList({
        'pipewright.kind': 'node',
        'mlflow.note.content': noteOfAttempt(recording, name),
        ...tags,
        ...belongsTo(recording.header),
        'mlflow.runName': name.node,
        [parentTag]: parent,
        'pipewright.node': name.node,
        'pipewright.attempt': name.attempt,
        'pipewright.code':
          tags['pipewright.code'] ?? recording.plan?.nodes[name.index]?.fingerprint,
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
    parent,
    node: name.node,
    attempt: name.attempt,
    hasParams: false,
    latest: new Map(),
  }
  recording.attempts.add(key, record)
  return record
}

/** Removes the record of an attempt, if there is one. */
export async function dropAttempt(
  { tracking, recorded }: RecordingContext,
  recording: RunRecording,
  name: AttemptName,
): Promise<void> {
  const key = attemptKey(name)
  const record = recording.attempts.get(key)
  if (record === undefined) return
  await tracking.deleteRun(record.id)
  recording.attempts.remove(key)
  await recorded.remove(name.run, `${name.node}/${name.attempt}`)
}
