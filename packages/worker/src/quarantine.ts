import { keys } from '@pipewright/engine/internal'

import type { QueueWorker } from './queue-worker.ts'

/**
 * Serves the quarantines of a worker's queues, each from the moment that something is in it: hardly any worker ever needs
 * one, and each costs a connection.
 */
export class Quarantine {
  readonly #served: ReadonlySet<string>
  readonly #open: (queue: string) => QueueWorker
  readonly #opened: QueueWorker[]
  readonly #names = new Set<string>()
  #closed = false

  /**
   * @param queues Queues that the worker serves.
   * @param opened Takes what is opened, so that it is closed with the others.
   */
  constructor(
    queues: readonly string[],
    open: (queue: string) => QueueWorker,
    opened: QueueWorker[],
  ) {
    this.#served = new Set(queues.map((queue) => keys.quarantine(queue)))
    this.#open = open
    this.#opened = opened
  }

  /** Opens those of these queues that belong to the worker's. */
  serve(names: readonly string[]): void {
    for (const name of names) {
      if (this.#closed || !this.#served.has(name) || this.#names.has(name)) continue
      this.#names.add(name)
      this.#opened.push(this.#open(name))
    }
  }

  /** Opens no more. */
  close(): void {
    this.#closed = true
  }
}
