import type { NodeState, RunState } from './world.ts'

/**
 * What a producer is to one that waits for it.
 *   open       it has not ended
 *   ok         it succeeded, or its result was kept
 *   declined   it is a branch that has chosen others
 *   gone       it failed or was skipped
 */
type Arrival = 'open' | 'ok' | 'declined' | 'gone' | 'cancelled'

function arrivalOf(run: RunState, producer: number, { index }: NodeState): Arrival {
  const state = run.nodes[producer]
  if (state?.status === undefined) return 'open'
  if (state.status === 'cancelled') return 'cancelled'
  if (state.status === 'failed' || state.status === 'skipped') return 'gone'
  return state.declined.has(index) ? 'declined' : 'ok'
}

function arrivalsOf(run: RunState, node: NodeState): readonly Arrival[] {
  return node.plan.producers.map((producer) => arrivalOf(run, producer, node))
}

/** True when all that the node waits for is there, so that it may run. */
export function mayRun(run: RunState, node: NodeState): boolean {
  const arrivals = arrivalsOf(run, node)
  const { trigger } = node.plan
  if (trigger === undefined || arrivals.length === 0) return arrivals.every((each) => each === 'ok')
  const barred = ['open', 'declined', 'cancelled'] as const
  if (barred.some((each) => arrivals.includes(each))) return false
  return trigger === 'allDone' || arrivals.includes('ok')
}

/** How a node run that never starts may end now, and what its record says of it. */
export interface IdleEnd {
  readonly status: 'skipped' | 'cancelled'
  readonly reason: string | undefined
}

function reasonOf(
  arrival: Arrival,
  producer: NodeState | undefined,
  trigger: string | undefined,
): string | undefined {
  if (arrival === 'declined') return `not chosen by ${producer?.name}`
  if (arrival !== 'gone' || trigger !== undefined) return undefined
  return `producer ${producer?.name} ${producer?.status === 'failed' ? 'failed' : 'was skipped'}`
}

export function idleEnds(run: RunState, node: NodeState): readonly IdleEnd[] {
  const arrivals = arrivalsOf(run, node)
  const { trigger, producers } = node.plan
  const ends = arrivals.flatMap((arrival, at): IdleEnd[] => {
    const reason = reasonOf(arrival, run.nodes[producers[at] ?? -1], trigger)
    return reason === undefined ? [] : [{ status: 'skipped', reason }]
  })
  const nothing = !arrivals.includes('open') && !arrivals.includes('ok')
  if (trigger === 'anySucceeded' && nothing)
    ends.push({ status: 'skipped', reason: 'no input succeeded' })
  const moved = arrivals.some(
    (each) => each !== 'open' && (each !== 'gone' || trigger !== undefined),
  )
  if (run.cancelling && (moved || mayRun(run, node)))
    ends.push({ status: 'cancelled', reason: undefined })
  return ends
}

/** True when no attempt of the node can be made any more, so that it has to end. */
export function mustEnd(run: RunState, node: NodeState): boolean {
  const arrivals = arrivalsOf(run, node)
  const allEnded = !arrivals.includes('open')
  if (arrivals.includes('declined')) return true
  if (node.plan.trigger !== undefined && arrivals.length > 0)
    return allEnded && (run.cancelling || !mayRun(run, node))
  const bars = arrivals.some((each) => each !== 'open' && each !== 'ok')
  return bars || (run.cancelling && allEnded)
}

/** Dependents in one chunk of edges: those of further chunks may be released a little later. */
const chunk = 512

/** True when the node may be released a little later than what it waited for has ended. */
export function isLate(run: RunState, node: NodeState): boolean {
  const { nodes } = run.compiled.plan
  const { producers } = node.plan
  if (producers.length === 0) {
    const roots = nodes.flatMap((each, index) => (each.producers.length === 0 ? [index] : []))
    return roots.indexOf(node.index) >= chunk
  }
  return producers.some(
    (producer) =>
      // The edges of what ended by itself are followed by the backlog.
      run.nodes[producer]?.endedIdle === true ||
      (nodes[producer]?.dependents.indexOf(node.index) ?? 0) >= chunk,
  )
}
