import type { Amounts } from '@pipewright/engine'
import type { ClaimGate } from '@pipewright/engine/internal'

import type { ResourcePool } from './resource-pool.ts'

/** Milliseconds that a claim waits for resources; then it is made anew, so that the worker can stop. */
const patience = 2000

/** Takes what a queue's node runs need from the worker's resources before each claim. */
export class ResourceGate implements ClaimGate {
  readonly #pool: ResourcePool
  readonly #need: Amounts

  constructor(pool: ResourcePool, need: Amounts) {
    this.#pool = pool
    this.#need = need
  }

  async enter(): Promise<boolean> {
    return this.#pool.take(this.#need, patience)
  }

  leave(): void {
    this.#pool.give(this.#need)
  }
}
