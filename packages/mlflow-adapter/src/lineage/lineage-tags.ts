import { contentDigest } from '@pipewright/engine/internal'

import type { AttemptEnd } from '../attempt-end.ts'
import type { RecordingContext, RunRecording } from '../recording.ts'
import type { Tags } from '../tags.ts'
import { declaredInputs } from './uses.ts'

/** Begin of the tags that tell what a node made: `pipewright.output.days` = digest. */
export const outputTag = 'pipewright.output.'

/** Outputs of one node that have a tag. */
const mostOutputs = 50

/** What an attempt made, by name and digest, so that it can be searched for; and how many inputs are left out. */
export function lineageTags(
  { settings }: RecordingContext,
  { plan }: RunRecording,
  end: AttemptEnd,
): Tags {
  const { enabled, maxInputs } = settings.lineage
  if (!enabled || end.attempt === 0) return {}
  const inputs = declaredInputs(plan, end.index).length
  const outputs = end.outputs
    .slice(0, mostOutputs)
    .map((output) => [`${outputTag}${output.dataset}`, contentDigest(output)] as const)
  return {
    ...Object.fromEntries(outputs),
    'pipewright.inputs.left_out':
      inputs > maxInputs && !end.superseded ? inputs - maxInputs : undefined,
    'pipewright.outputs.left_out':
      end.outputs.length > mostOutputs ? end.outputs.length - mostOutputs : undefined,
  }
}
