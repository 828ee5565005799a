import type { Facts, NodeFacts } from '../facts.ts'
import type { Excuse, HistoryEvent } from '../history.ts'

/** A loss is counted only when a fault was done to the worker that ran the attempt. */
export function lossesAreExcused({ history, nodes }: Facts): readonly string[] {
  return nodes.flatMap((node) =>
    node.events
      .filter(({ type }) => type === 'node_lost')
      .flatMap((event) => unexcused(node, event, history.excuses)),
  )
}

function unexcused(
  { label, starts }: NodeFacts,
  { attempt, at }: HistoryEvent,
  excuses: readonly Excuse[],
): readonly string[] {
  const start = starts.find((each) => each.attempt === attempt)
  // A body that was lost before its first line can have been in any worker.
  const own = excuses.filter(
    ({ worker }) => start === undefined || worker === undefined || worker === start.worker,
  )
  if (own.some(({ from, to }) => from <= at && to >= (start?.at ?? 0))) return []
  const where =
    start === undefined ? 'not started' : `started in ${start.worker} ${at - start.at} ms before`
  return [`${label} attempt ${attempt}, ${where}, was counted as lost without excuse`]
}
