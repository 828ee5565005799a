import {
  contentDigest,
  type DatasetReference,
  type NodeFinished,
} from '@pipewright/engine/internal'

import type { AttemptEnd } from '../attempt-end.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import type { Tags } from '../tags.ts'
import { declaredInputs } from './uses.ts'

/** Begin of the tags that tell what a node made: `pipewright.output.days` = digest. */
export const outputTag = 'pipewright.output.'

/** Outputs of one node, or of a run, that have a tag. */
const mostOutputs = 50

/** What an attempt made, by name and digest, so that it can be searched for; and how many inputs are left out. */
export function lineageTags(
  { settings }: RecordingContext,
  { plan }: RunRecording,
  end: AttemptEnd,
): Tags {
  const { enabled, maxInputs } = settings.lineage
  if (!enabled || end.attempt === 0) return {}
  const leftOut = declaredInputs(plan, end.index).length - maxInputs
  return {
    ...outputTags(end.outputs),
    'pipewright.inputs.left_out': leftOut > 0 && !end.superseded ? leftOut : undefined,
  }
}

/** What the nodes of a run made, for its parent, where they have no runs of their own. */
export function runLineageTags(
  { settings }: RecordingContext,
  nodes: readonly NodeFinished[],
): Tags {
  if (!settings.lineage.enabled || settings.nodeRuns === 'all') return {}
  return outputTags(nodes.flatMap(({ outputs }) => outputs))
}

function outputTags(outputs: readonly DatasetReference[]): Tags {
  const first = outputs
    .slice(0, mostOutputs)
    .map((output) => [`${outputTag}${output.dataset}`, contentDigest(output)] as const)
  const leftOut = outputs.length - mostOutputs
  return {
    ...Object.fromEntries(first),
    'pipewright.outputs.left_out': leftOut > 0 ? leftOut : undefined,
  }
}
