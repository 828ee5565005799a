import type { NodeFailure } from '@pipewright/engine/internal'

import type { AttemptName } from '../attempt-end.ts'
import { nodePage, runPage } from '../links.ts'
import type { RunRecording } from '../recording.ts'
import { nodeNote } from './node-note.ts'

/** The description of an attempt's run, with links to those that it read from. */
export function noteOfAttempt(
  { plan, header, experiment, parent, attempts }: RunRecording,
  { node, index }: AttemptName,
  error?: NodeFailure,
): string {
  return nodeNote(
    {
      plan,
      index,
      node,
      parent: runPage(experiment, parent.id),
      pageOf(name) {
        const record = attempts.latest(name)
        // what is recorded at the same moment is found by its tags
        return record === undefined
          ? nodePage(experiment, header.id, name)
          : runPage(experiment, record.id)
      },
    },
    error,
  )
}
