import { handBacks, type Facts, type NodeFacts } from '../facts.ts'
import type { Effect, Excuse } from '../history.ts'

/** Each start after the first has an excuse: the attempt before failed by itself, or a fault was done to it. */
export function startsAreExcused({ history, nodes }: Facts): readonly string[] {
  return nodes.flatMap((node) =>
    node.starts.slice(1).flatMap((start, at) => {
      const before = node.starts[at]
      if (before === undefined || failed(node, before)) return []
      if (history.excuses.some((excuse) => excuses(excuse, before, start))) return []
      return [
        `${node.label} attempt ${start.attempt} started in ${start.worker} at ${start.at} without excuse: attempt ${before.attempt} ran in ${before.worker} from ${before.at}`,
      ]
    }),
  )
}

/** Whether a fault explains that a body which ran was started again. */
export function excuses(excuse: Excuse, before: Effect, start: Effect): boolean {
  const itsOwn = excuse.worker === undefined || excuse.worker === before.worker
  return itsOwn && excuse.to >= before.at && excuse.from <= start.at
}

function failed({ events }: NodeFacts, { attempt }: Effect): boolean {
  return events.some(
    (event) =>
      event.type === 'node_retrying' &&
      event.attempt === attempt &&
      // A worker that hands a node back needs the excuse of what made it do so.
      !handBacks.has(event.error?.code),
  )
}
