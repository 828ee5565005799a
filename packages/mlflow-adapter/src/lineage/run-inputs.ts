import { contentDigest, type NodeFinished } from '@pipewright/engine/internal'

import type { RecordingContext, RunRecording } from '../recording.ts'
import type { DatasetUse } from './dataset-use.ts'
import { logUses } from './log-inputs.ts'

/** Records what a run read from the catalog as datasets of its parent, so that the table of parents shows whether the data changed. */
export async function logRunInputs(
  context: RecordingContext,
  recording: RunRecording,
  nodes: readonly NodeFinished[],
): Promise<void> {
  const { enabled, maxInputs } = context.settings.lineage
  if (!enabled) return
  const uses = new Map<string, DatasetUse>()
  for (const content of nodes.flatMap(({ reads }) => reads ?? []))
    uses.set(`${content.dataset} ${contentDigest(content)}`, {
      content,
      producer: undefined,
      argumentNames: [],
    })
  const { header, parent } = recording
  const first = [...uses.values()].slice(0, maxInputs)
  await logUses(context, recording, parent.id, header.pipeline, first)
}
