import type {
  Effect,
  History,
  HistoryEvent,
  HistoryRun,
  NodeRecord,
  PlannedNode,
} from './history.ts'

/** One node of one run, and everything that is known of it. */
export interface NodeFacts {
  /** `run/node`, for messages. */
  readonly label: string
  readonly run: HistoryRun
  readonly node: PlannedNode
  readonly records: readonly NodeRecord[]
  readonly effects: readonly Effect[]
  readonly starts: readonly Effect[]
  readonly events: readonly HistoryEvent[]
  /** When its end was recorded, by the event stream. */
  readonly committedAt: number | undefined
  /**
   * The end of the body whose outputs are committed. Two bodies may have one attempt, where a server lost the start of the
   * first: then that of the worker that is recorded.
   */
  readonly made: Effect | undefined
  readonly producers: readonly NodeFacts[]
}

/** A history, with what belongs together side by side. */
export interface Facts {
  readonly history: History
  readonly nodes: readonly NodeFacts[]
  readonly eventsOf: ReadonlyMap<string, readonly HistoryEvent[]>
}

/** Statuses in which nothing happens any more. */
export const terminal: ReadonlySet<string> = new Set([
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'reused',
])

/**
 * Codes of attempts that a worker gave back without spending a retry: at its shutdown, or because it was handed a node run that
 * it still runs, whose lease was lost. Both need the excuse of a fault.
 */
export const handBacks: ReadonlySet<string | undefined> = new Set([
  'WORKER_STOPPED',
  'ATTEMPT_SUPERSEDED',
])

function madeBy(record: NodeRecord | undefined, effects: readonly Effect[]): Effect | undefined {
  const ended = effects.filter(
    ({ what, attempt }) => what === 'ended' && attempt === record?.attempt,
  )
  return ended.find(({ worker }) => worker === record?.worker) ?? ended[0]
}

/** Sorts a history by runs and nodes. */
export function factsOf(history: History): Facts {
  const effects = Map.groupBy(history.effects, ({ run, node }) => `${run}/${node}`)
  const events = Map.groupBy(history.events, ({ run, node }) => `${run}/${node ?? ''}`)
  const nodes = history.runs.flatMap((run) => {
    const made = new Map<string, NodeFacts>()
    const ofRun = run.nodes.map((node) => {
      const label = `${run.id}/${node.name}`
      const own = effects.get(label) ?? []
      const ownEvents = events.get(label) ?? []
      const records = run.records.filter((record) => record.node === node.name)
      const facts = {
        label,
        run,
        node,
        records,
        made: madeBy(records[0], own),
        effects: own,
        starts: own.filter(({ what }) => what === 'started'),
        events: ownEvents,
        committedAt: ownEvents.find(({ type }) => type === 'node_finished')?.at,
        producers: new Array<NodeFacts>(),
      }
      for (const output of node.outputs) made.set(output, facts)
      return facts
    })
    for (const facts of ofRun) {
      const producers = facts.node.inputs.flatMap((input) => made.get(input) ?? [])
      facts.producers.push(...new Set(producers))
    }
    return ofRun
  })
  return { history, nodes, eventsOf: Map.groupBy(history.events, ({ run }) => run) }
}
