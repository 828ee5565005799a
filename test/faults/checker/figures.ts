import { factsOf, terminal } from './facts.ts'
import type { Effect, Excuse, History } from './history.ts'
import { duplicateKeys } from './invariants/mlflow-equals-ledger.ts'

/** The figures of a history, as a row of the suite has them. */
export interface Figures {
  readonly nodes: number
  /** Bodies that were started. */
  readonly starts: number
  readonly lost: number
  readonly failedByInfrastructure: number
  readonly rerunCommitted: number
  readonly duplicatesInMlflow: number | null
  /** Milliseconds from each kill or freeze to the restart of each node that was in flight. */
  readonly recoveries: readonly number[]
}

/** Errors that a node's own code or limits make. */
const own: ReadonlySet<string> = new Set(['NODE_TIMEOUT', 'ISOLATE_CRASHED'])

/**
 * Counts.
 *
 * @param guilty Nodes that are meant to fail.
 */
export function figuresOf(history: History, guilty: ReadonlySet<string> = new Set()): Figures {
  const { nodes } = factsOf(history)
  const unknown = history.runs.filter(({ nodes: planned }) => planned.length === 0).length
  const lost = nodes.filter(({ records, run }) => records.length === 0 || !terminal.has(run.status))
  const failed = nodes.filter(({ node, records: [record], effects }) => {
    if (record?.status !== 'failed' || guilty.has(node.name)) return false
    if (own.has(record.error?.code ?? '')) return false
    return !effects.some(({ what, attempt }) => what === 'failed' && attempt === record.attempt)
  })
  const again = nodes.flatMap(({ starts, committedAt = Infinity }) =>
    starts.filter(({ at }) => at > committedAt),
  )
  const { tracked } = history
  return {
    nodes: nodes.length,
    starts: nodes.reduce((sum, { starts }) => sum + starts.length, 0),
    lost: lost.length + unknown,
    failedByInfrastructure: failed.length,
    rerunCommitted: again.length,
    duplicatesInMlflow:
      tracked === undefined
        ? null
        : [...duplicateKeys(tracked).values()].reduce((sum, count) => sum + count - 1, 0),
    recoveries: recoveriesOf(history.effects, history.excuses),
  }
}

/** Milliseconds from each kill or freeze to the next start of each body that it hit. */
export function recoveriesOf(
  effects: readonly Effect[],
  excuses: readonly Excuse[],
): readonly number[] {
  const hits = excuses.filter(({ kind }) => kind === 'kill' || kind === 'freeze')
  const starts = Map.groupBy(
    effects.filter(({ what }) => what === 'started'),
    ({ run, node }) => `${run}/${node}`,
  )
  return [...starts.values()].flatMap((ofNode) =>
    ofNode.slice(1).flatMap((start, at) => {
      const before = ofNode[at]
      const hit = hits.find(
        ({ worker, from, to }) =>
          worker === before?.worker && to >= (before?.at ?? 0) && from <= start.at,
      )
      return hit === undefined ? [] : [start.at - hit.from]
    }),
  )
}
