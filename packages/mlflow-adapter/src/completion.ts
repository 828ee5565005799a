import type { Metric, NodeFinished } from '@pipewright/engine/internal'

import { endOf } from './attempt-end.ts'
import { endAttempt } from './attempt.ts'
import { mlflowKeys } from './key.ts'
import { later } from './latest-point.ts'
import type { MlflowRecord } from './mlflow-record.ts'
import type { RecordingContext, RunRecording } from './recording.ts'
import { attemptKey } from './tags.ts'

/** Records the end of a node run as the ledger holds it: for events that are gone. Nothing to do when MLflow has it. */
export async function completeAttempt(
  context: RecordingContext,
  recording: RunRecording,
  record: NodeFinished,
): Promise<void> {
  const known = recording.attempts.get(attemptKey(record))
  const end = endOf(record)
  const isThere = known?.ended === true && known.outcome === end.outcome
  await endAttempt(context, recording, end, isThere ? [] : lostPoints(known, record))
}

/**
 * The last value of each metric whose point was lost with its event: the ledger keeps values only, so it stands at the last
 * step that is known, at the end of the attempt.
 */
export function lostPoints(
  known: Pick<MlflowRecord, 'latest'> | undefined,
  { metrics, finalMetrics, endedAt }: Pick<NodeFinished, 'metrics' | 'finalMetrics' | 'endedAt'>,
): readonly Metric[] {
  const keys = mlflowKeys(Object.keys(finalMetrics))
  return Object.entries(finalMetrics).flatMap(([name, value]): Metric[] => {
    let latest = known?.latest.get(keys.get(name) ?? name)
    for (const [metric, at, step, timestamp] of metrics)
      if (metric === name) latest = later(latest, { value: at, step, timestamp })
    if (latest === undefined) return [[name, value, 0, endedAt]]
    if (latest.value === value) return []
    return [[name, value, latest.step, Math.max(endedAt, latest.timestamp + 1)]]
  })
}
