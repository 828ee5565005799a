import type { Facts } from '../facts.ts'
import type { HistoryEvent, HistoryRun } from '../history.ts'

/** The event stream tells what the ledger holds, in an order in which it can have happened. */
export function eventsTellTheLedger({ history, eventsOf }: Facts): readonly string[] {
  return history.runs.flatMap((run) => {
    const events = eventsOf.get(run.id) ?? []
    return [...statuses(run, events), ...order(run, events)]
  })
}

function statuses(run: HistoryRun, events: readonly HistoryEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'run_finished' && event.status !== run.status) {
      return [`run ${run.id} is ${run.status}; its event says ${event.status}`]
    }
    if (event.type !== 'node_finished') return []
    const record = run.records.find(({ node }) => node === event.node)
    const same = record?.status === event.status && record?.attempt === event.attempt
    return same || record === undefined
      ? []
      : [
          `${run.id}/${event.node} is ${record.status} in attempt ${record.attempt}; its event says ${event.status} in attempt ${event.attempt}`,
        ]
  })
}

/** Looks at one event after the other. */
function order(run: HistoryRun, events: readonly HistoryEvent[]): readonly string[] {
  const order = new Order(run)
  return events.flatMap((event, at) => {
    const wrong = order.wrongAt(event, at === 0, at === events.length - 1)
    const { type, node = '', attempt } = event
    return wrong === undefined
      ? []
      : [`run ${run.id}: ${type} ${node} of attempt ${attempt ?? 0}, event ${at + 1}, ${wrong}`]
  })
}

/** How far the nodes of a run have come, by its events so far. */
class Order {
  readonly #makers: ReadonlyMap<string, string>
  readonly #inputs: ReadonlyMap<string, readonly string[]>
  readonly #ended = new Set<string>()
  /** The first attempt of each node that may still be told of. */
  readonly #current = new Map<string, number>()

  constructor({ nodes }: HistoryRun) {
    this.#makers = new Map(
      nodes.flatMap(({ name, outputs }) => outputs.map((each) => [each, name])),
    )
    this.#inputs = new Map(nodes.map(({ name, inputs }) => [name, inputs]))
  }

  wrongAt(event: HistoryEvent, isFirst: boolean, isLast: boolean): string | undefined {
    if ((event.type === 'run_created') !== isFirst) return 'is not in its place'
    if (event.type === 'run_finished') return isLast ? undefined : 'is not the last'
    return event.type === 'run_created' ? undefined : this.#ofNode(event)
  }

  #ofNode({ type, status, node = '', attempt = 0 }: HistoryEvent): string | undefined {
    if (this.#ended.has(node)) return 'comes after its end'
    // Attempt 0: it never started. An attempt whose worker was lost counts until another one has started.
    if (attempt > 0 && attempt < (this.#current.get(node) ?? 0)) {
      return 'comes after that attempt was given up'
    }
    this.#current.set(node, type === 'node_retrying' ? attempt + 1 : attempt)
    if (type === 'node_finished') this.#ended.add(node)
    return status === 'cancelled' ? undefined : this.#early(node)
  }

  #early(node: string): string | undefined {
    const early = (this.#inputs.get(node) ?? [])
      .flatMap((input) => this.#makers.get(input) ?? [])
      .find((maker) => !this.#ended.has(maker))
    return early === undefined ? undefined : `comes before the end of its input ${early}`
  }
}
