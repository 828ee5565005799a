import { neededBy, userQueue, type Amounts } from '@pipewright/engine/internal'

import type { QueueWorker } from './queue-worker.ts'
import type { ResourcePool } from './resource-pool.ts'

/** How one of these queues is served. */
export interface SpecialQueue {
  readonly name: string
  /** Its node runs are suspects: each runs by itself in a child process. */
  readonly alone: boolean
  /** What each of its node runs takes from the worker's resources. */
  readonly need: Amounts | undefined
  readonly concurrency: number
}

/**
 * Serves the queues that belong to a worker's own, quarantines and those of resources, each from the moment that something
 * is in it: hardly any worker ever needs the first, and each costs a connection.
 */
export class SpecialQueues {
  readonly #queues: ReadonlyMap<string, number>
  readonly #pool: ResourcePool
  readonly #open: (queue: SpecialQueue) => QueueWorker
  readonly #opened: QueueWorker[]
  readonly #names = new Set<string>()
  #closed = false

  /**
   * @param queues Queues that the worker serves, and how many node runs of each at a time.
   * @param opened Takes what is opened, so that it is closed with the others.
   */
  constructor(
    queues: ReadonlyMap<string, number>,
    pool: ResourcePool,
    open: (queue: SpecialQueue) => QueueWorker,
    opened: QueueWorker[],
  ) {
    this.#queues = queues
    this.#pool = pool
    this.#open = open
    this.#opened = opened
  }

  /** Opens those of these queues that belong to the worker's and ask for no more than it offers. */
  serve(names: readonly string[]): void {
    for (const name of names) {
      const concurrency = this.#queues.get(userQueue(name))
      if (this.#closed || concurrency === undefined || this.#names.has(name)) continue
      const need = neededBy(name)
      const most = need === undefined ? concurrency : Math.min(concurrency, this.#pool.fits(need))
      if (most < 1) continue
      this.#names.add(name)
      const alone = name.endsWith('~quarantine')
      this.#opened.push(this.#open({ name, alone, need, concurrency: alone ? 1 : most }))
    }
  }

  /** Opens no more, and lets no claim wait for resources. */
  close(): void {
    this.#closed = true
    this.#pool.close()
  }
}
