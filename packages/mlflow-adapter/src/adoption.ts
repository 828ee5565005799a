import { AttemptIndex } from './attempt-index.ts'
import type { MlflowRecord } from './mlflow-record.ts'
import type { RecordingContext } from './recording.ts'
import type { MlflowRun } from './rest/entities.ts'
import { keyTag, parentTag, statusTag } from './tags.ts'

/** What MLflow holds of a run. */
export interface Adopted {
  readonly parent: MlflowRecord | undefined
  readonly attempts: AttemptIndex
}

/** What MLflow holds of the run. Doubles of a record, left by a process that died in mid-call, are deleted. */
export async function adopt({ tracking }: RecordingContext, run: string): Promise<Adopted> {
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
  const attempts = new AttemptIndex()
  for (const [key, record] of records) attempts.add(key, record)
  return { parent, attempts }
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
      node: tags.get('pipewright.node') ?? '',
      attempt: Number(tags.get('pipewright.attempt') ?? 0),
      hasParams: false,
      latest: new Map(data.metrics.map((point) => [point.key, point])),
    },
  }
}
