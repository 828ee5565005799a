import type { Facts } from '../facts.ts'

/** A loss is counted only when a fault was done to the worker that ran the attempt. */
export function lossesAreExcused({ history, nodes }: Facts): readonly string[] {
  return nodes.flatMap(({ label, starts, events }) =>
    events
      .filter(({ type }) => type === 'node_lost')
      .flatMap(({ attempt, at }) => {
        const start = starts.find((each) => each.attempt === attempt)
        const excused = history.excuses.some(
          ({ worker, from, to }) =>
            from <= at &&
            (start === undefined || worker === undefined || worker === start.worker) &&
            (start === undefined || to >= start.at),
        )
        return excused
          ? []
          : [`${label} attempt ${attempt} was counted as lost at ${at} without excuse`]
      }),
  )
}
