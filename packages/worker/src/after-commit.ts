import type { Settled } from '@pipewright/engine/internal'

import type { Caretaker } from './caretaker.ts'
import type { WorkerLog } from './log.ts'
import type { Publisher } from './publisher.ts'

/** What follows a commit: publications, timers, the rest of a long list of edges. */
export interface AfterCommit {
  readonly caretaker: Caretaker
  readonly publisher: Publisher
  readonly log: WorkerLog
}

/** Does what the outcome of an attempt calls for once it is committed, and logs how it went. */
export function afterCommit({ accepted, backlog, settlement }: Settled, parts: AfterCommit): void {
  const { run, index, outcome } = settlement
  if (!accepted) {
    parts.log.warn(
      { run, index },
      'The node run went on without this attempt; its outputs are dropped.',
    )
    return
  }
  if (backlog) parts.caretaker.wakeIn(0)
  if (outcome.type === 'retry') {
    parts.caretaker.wakeIn(outcome.delay)
    const { node, attempt, error } = outcome.event
    parts.log.warn(
      { run, node, attempt, delay: outcome.delay, code: error.code },
      `Will be tried again: ${error.message}`,
    )
  }
  if (outcome.type === 'leave') {
    const node = outcome.next.name
    parts.log.debug({ run, node }, 'Left to workers whose code has this node.')
  }
  if (outcome.type !== 'ended') return
  const { record } = outcome
  if (record.error !== undefined) {
    const where = { run, node: record.node, attempt: record.attempt, code: record.error.code }
    parts.log.error(where, `The node run ended as ${record.status}: ${record.error.message}`)
  } else if (record.attempt > 0) {
    const duration = record.endedAt - record.startedAt
    parts.log.debug(
      { run, node: record.node, attempt: record.attempt, duration },
      'The node run succeeded.',
    )
  }
  for (const { reference, publish } of outcome.outputs) {
    if (!publish) continue
    void parts.publisher.publish({ run, index, dataset: reference.dataset })
  }
}
