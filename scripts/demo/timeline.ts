import type { Event } from '../../packages/engine/src/internal.ts'

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
    switch (event.type) {
      case 'node_started':
        this.#workers.set(event.node, event.worker)
        return this.#begun(event.node, event.worker, event.attempt, event.at)
      case 'node_lost': {
        this.#lost.add(event.node)
        const worker = this.#workers.get(event.node)
        const text = `lost${worker === undefined ? '' : ` with ${worker}`}: free for another worker`
        return [{ at: event.at, subject: event.node, text, mark: 'lost' }]
      }
      case 'node_finished': {
        const begun = this.#lost.has(event.node)
          ? this.#begun(event.node, event.worker, event.attempt, event.startedAt)
          : []
        const text = `${event.status} on ${event.worker} in ${seconds(event.endedAt - event.startedAt)}`
        return [...begun, { at: event.endedAt, subject: event.node, text, mark: 'done' }]
      }
      case 'run_finished':
        return [{ at: event.at, subject: 'run', text: event.status, mark: 'done' }]
      case 'node_metrics':
      case 'node_retrying':
      case 'run_created':
        return []
    }
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
