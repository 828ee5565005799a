import type { Event, NodeFinished, NodeLost } from '../../packages/engine/src/internal.ts'

/** One line of the timeline. */
export interface Line {
  readonly at: number
  readonly subject: string
  readonly text: string
  readonly mark: 'done' | 'lost' | 'plain'
}

/** Tells events as lines: who ran what, what was lost and who took it over. Attempts are told of once they run for 250 ms. */
export class Timeline {
  readonly #workers = new Map<string, string>()
  readonly #told = new Set<string>()
  readonly #lost = new Set<string>()

  /** The lines of one event, oldest first. */
  lines(event: Event): readonly Line[] {
    if (event.type === 'node_started') {
      this.#workers.set(event.node, event.worker)
      return this.#begun(event.node, event.worker, event.attempt, event.at)
    }
    if (event.type === 'node_lost') return [this.#missed(event)]
    if (event.type === 'node_finished') return this.#ended(event)
    if (event.type !== 'run_finished') return []
    return [{ at: event.at, subject: 'run', text: event.status, mark: 'done' }]
  }

  #missed({ node, at }: NodeLost): Line {
    this.#lost.add(node)
    const worker = this.#workers.get(node)
    const text = `lost${worker === undefined ? '' : ` with ${worker}`}: free for another worker`
    return { at, subject: node, text, mark: 'lost' }
  }

  #ended({ node, worker, attempt, status, startedAt, endedAt }: NodeFinished): readonly Line[] {
    const begun = this.#lost.has(node) ? this.#begun(node, worker, attempt, startedAt) : []
    const text = `${status} on ${worker} in ${seconds(endedAt - startedAt)}`
    return [...begun, { at: endedAt, subject: node, text, mark: 'done' }]
  }

  #begun(node: string, worker: string, attempt: number, at: number): readonly Line[] {
    const key = `${node} ${attempt}`
    if (this.#told.has(key)) return []
    this.#told.add(key)
    const text = this.#lost.has(node)
      ? `taken over by ${worker}, attempt ${attempt}`
      : `running on ${worker}`
    return [{ at, subject: node, text, mark: 'plain' }]
  }
}

/** `1.4 s` */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
