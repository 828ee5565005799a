import type { Event, NodeFinished } from '../../packages/engine/src/internal.ts'
import { seconds } from './timeline.ts'

/** The kill of a worker, as the demo made it. */
export interface Kill {
  readonly worker: string
  readonly at: number
}

/** What the events say about a kill. */
export interface Recovery {
  /** True when nothing was lost and nothing that was done ran again. */
  readonly holds: boolean
  readonly lines: readonly string[]
}

/** Reads from a run's events what the kill cost. @param began When the run was enqueued; times are told from there. */
export function recoveryOf(events: readonly Event[], kill: Kill, began: number): Recovery {
  const finished = events.filter((event) => event.type === 'node_finished')
  const lost = events.filter((event) => event.type === 'node_lost')
  const before = finished.filter(({ endedAt }) => endedAt <= kill.at)
  const again = before.filter((node) => isRepeated(node, events))
  const status = events.find((event) => event.type === 'run_finished')?.status
  const took = lost.map(({ node, at }) => {
    const end = finished.find((event) => event.node === node)
    if (end === undefined) return `${node} was lost by ${kill.worker} and not taken over`
    const waited = seconds(end.startedAt - kill.at)
    return (
      `${node} was lost by ${kill.worker} at ${seconds(kill.at - began)}, missed at ${seconds(at - began)}, ` +
      `taken over by ${end.worker} at ${seconds(end.startedAt - began)} (${waited} after the kill), ` +
      `and ${end.status} at ${seconds(end.endedAt - began)}`
    )
  })
  return {
    holds: status === 'succeeded' && again.length === 0 && lost.length > 0,
    lines: [
      again.length === 0
        ? `${before.length} nodes were done before the kill, and none of them was run again`
        : `done before the kill and run again: ${again.map(({ node }) => node).join(', ')}`,
      ...(took.length === 0
        ? [`${kill.worker} had nothing under way: nothing had to be taken over`]
        : took),
      `run ${status ?? 'has not ended'}, ${finished.length} nodes ended, each once`,
    ],
  }
}

/** True when a node run has another end, or began again after it. */
function isRepeated(node: NodeFinished, events: readonly Event[]): boolean {
  return events.some(
    (event) =>
      event !== node &&
      (event.type === 'node_finished' ||
        event.type === 'node_started' ||
        event.type === 'node_lost') &&
      event.node === node.node &&
      (event.type === 'node_finished' || event.attempt > node.attempt),
  )
}
