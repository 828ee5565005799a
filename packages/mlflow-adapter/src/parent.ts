import type { NodeFinished, RunFinished } from '@pipewright/engine/internal'

import { recordOf } from './adoption.ts'
import { uploadAfterFailure } from './artifacts/upload.ts'
import { describeEnd } from './closing.ts'
import { eachOf } from './each-of.ts'
import { MlflowError } from './failure.ts'
import { runLineageTags } from './lineage/lineage-tags.ts'
import { logRunInputs } from './lineage/run-inputs.ts'
import { parentMetrics } from './metrics.ts'
import type { RecordingContext, RunRecording } from './recording.ts'
import { ofModel } from './registry/model-metrics.ts'
import { registerModels } from './registry/register-models.ts'
import type { RunStatus } from './rest/entities.ts'
import { runName } from './run-name.ts'
import { attemptKey, failureTags, statusTag, tagList } from './tags.ts'

const statusOf: Readonly<Record<RunFinished['status'], RunStatus>> = {
  succeeded: 'FINISHED',
  failed: 'FAILED',
  cancelled: 'KILLED',
}

/** Nodes that are completed at a time, should their events be gone. */
const nodesAtOnce = 16

/** Records the end of a node run that MLflow does not hold yet, when it is that node's turn. */
export type Complete = (record: NodeFinished) => Promise<void>

/** Records the end of a run, after all its attempts. The parent's update is the last call: who sees it final sees it complete. */
export async function finishRun(
  context: RecordingContext,
  recording: RunRecording,
  event: RunFinished,
  complete: Complete,
): Promise<void> {
  const { header, plan, parent } = recording
  if (!parent.ended) {
    const nodes = await context.ledger.nodes(header.id, plan?.nodes.length ?? 0)
    const missing = await completeAttempts(context, recording, { nodes, at: event.at, complete })
    if (recording.doubtful) await removeDoubles(context, recording)
    if (event.status === 'failed') await uploadAfterFailure(context, recording, nodes)
    await logRunInputs(context, recording, nodes)
    const models = await registerModels(context, recording, nodes, event.status === 'succeeded')
    const failed = nodes.find(({ status }) => status === 'failed')
    const metrics = ofModel(parentMetrics(plan, nodes, recording.mapped), models)
    const described = await describeEnd(context, recording, { event, nodes, metrics })
    await context.tracking.log(parent.id, {
      params: [],
      metrics,
      tags: tagList({
        ...described,
        ...runLineageTags(context, nodes),
        [statusTag]: event.status,
        'pipewright.unrecorded': missing.join(', '),
        'pipewright.error.node': failed?.node,
        ...failureTags(failed?.error),
      }),
    })
    await context.tracking.updateRun({
      run_id: parent.id,
      status: statusOf[event.status],
      end_time: Math.round(event.at),
      run_name: runName(context.settings, header),
    })
    parent.ended = true
  }
  await context.recorded.save(header.id, { recorded: String(event.at) })
  await context.recorded.lapse(header.id)
}

/**
 * Ends what the ledger says is over although no event told: entries that were trimmed, workers that nobody heard of again.
 *
 * @returns the nodes that MLflow refuses to record; they do not keep the run from its end
 */
async function completeAttempts(
  context: RecordingContext,
  recording: RunRecording,
  {
    nodes,
    at,
    complete,
  }: {
    readonly nodes: readonly NodeFinished[]
    readonly at: number
    readonly complete: Complete
  },
): Promise<readonly string[]> {
  const missing: string[] = []
  await eachOf(nodes, nodesAtOnce, async (record) => {
    try {
      if (recording.refused.has(attemptKey(record))) missing.push(record.node)
      else await complete(record)
    } catch (error) {
      if (!(error instanceof MlflowError)) throw error
      missing.push(record.node)
    }
  })
  for (const record of recording.attempts.all())
    if (!record.ended) {
      // oxlint-disable-next-line no-await-in-loop
      await context.tracking.updateRun({
        run_id: record.id,
        status: 'KILLED',
        end_time: Math.round(at),
        run_name: `${record.node} (attempt ${record.attempt})`,
      })
      record.ended = true
    }
  return missing
}

/** Deletes runs that a creation made after it was given up for lost, while another one took its place. */
async function removeDoubles(
  { tracking }: RecordingContext,
  { header, parent, attempts }: RunRecording,
): Promise<void> {
  for (const found of await tracking.runsOf(header.id)) {
    const { key, record } = recordOf(found)
    if (key === undefined) continue
    const ours = key === header.id ? parent : attempts.get(key)
    // oxlint-disable-next-line no-await-in-loop -- doubles are rare
    if (ours?.id !== record.id) await tracking.deleteRun(record.id)
  }
}
