import type {
  CatalogRead,
  Metric,
  NodeFailure,
  NodeFinished,
  NodeLost,
  NodeRetrying,
} from '@pipewright/engine/internal'

import type { RunStatus } from './rest/entities.ts'
import { failureTags, type Tags } from './tags.ts'

/** An attempt of a node, as every event of it names it. */
export interface AttemptName {
  readonly run: string
  readonly node: string
  readonly index: number
  readonly attempt: number
}

/** How an attempt ended, whichever event told it. */
export interface AttemptEnd extends AttemptName {
  readonly startedAt: number
  readonly endedAt: number
  readonly metrics: readonly Metric[]
  readonly outcome: string
  readonly status: RunStatus
  /** Another attempt follows: this one makes room for it. */
  readonly superseded: boolean
  readonly tags: Tags
  readonly error: NodeFailure | undefined
  readonly outputs: NodeFinished['outputs']
  /** What it read from the catalog. */
  readonly reads: readonly CatalogRead[]
  /** Of a reused one: whose result it is. */
  readonly origin?: NodeFinished['origin']
}

const statusOf: Readonly<Record<NodeFinished['status'], RunStatus>> = {
  succeeded: 'FINISHED',
  reused: 'FINISHED',
  failed: 'FAILED',
  cancelled: 'KILLED',
  skipped: 'KILLED',
}

/** The end of an attempt as its event tells it. */
export function endOf(event: NodeFinished | NodeRetrying | NodeLost): AttemptEnd {
  const { run, node, index, attempt } = event
  const name = { run, node, index, attempt }
  if (event.type === 'node_lost') {
    const error = {
      code: 'WORKER_LOST',
      message: 'The worker was lost while it ran this attempt.',
    }
    return {
      ...name,
      startedAt: event.at,
      endedAt: event.at,
      metrics: [],
      outcome: 'lost',
      status: 'FAILED',
      superseded: true,
      tags: { 'pipewright.losses': event.losses, ...failureTags(error) },
      error,
      outputs: [],
      reads: [],
    }
  }
  const finished = event.type === 'node_finished'
  return {
    ...name,
    // a node that never ran takes no time
    startedAt: event.startedAt > 0 ? event.startedAt : event.endedAt,
    endedAt: event.endedAt,
    metrics: event.metrics,
    outcome: finished ? event.status : 'retried',
    status: finished ? statusOf[event.status] : 'FAILED',
    superseded: !finished,
    tags: {
      'pipewright.worker': event.worker,
      // undefined leaves the tag as it is: where the code is not known, that of the plan's function
      'pipewright.code': event.code,
      ...(finished ? finishedTags(event) : {}),
      ...failureTags(event.error),
    },
    ...(finished && event.origin !== undefined ? { origin: event.origin } : {}),
    error: event.error,
    outputs: finished ? event.outputs : [],
    reads: event.reads ?? [],
  }
}

/** Whose result it is, what a branch has chosen, why it was skipped. */
function finishedTags({ origin, choice, reason }: NodeFinished): Tags {
  return {
    'pipewright.origin.run': origin?.run,
    'pipewright.origin.node': origin?.node,
    'pipewright.choice': choice === undefined ? undefined : choice.join(', ') || '(none)',
    'pipewright.reason': reason,
  }
}
