import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import { InfrastructureError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import * as keys from '../redis/keys.ts'
import type { Ledger } from '../redis/ledger.ts'
import { readPlan } from '../redis/plan-store.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { NodeRun, Run } from '../run/run.ts'
import { isTerminal } from '../run/status.ts'
import { readNodeRuns, readReference, readRun } from './run-reader.ts'

/** A run that was enqueued: its state can be read and waited for from any process. */
export class RunHandle {
  readonly id: string
  readonly #ledger: Ledger
  #plan: Plan | undefined

  constructor(ledger: Ledger, id: string) {
    this.#ledger = ledger
    this.id = id
  }

  get #redis(): Redis {
    return this.#ledger.redis
  }

  /** The run as the ledger knows it now. @throws InfrastructureError `RUN_NOT_FOUND` */
  async get(): Promise<Run> {
    const run = await readRun(this.#redis, this.#ledger.prefix, this.id)
    if (run !== undefined) return run
    throw new InfrastructureError('RUN_NOT_FOUND', `Run ${this.id} is not known.`, {
      hint: 'Its id may be mistyped, its retention over, or this is another Redis.',
    })
  }

  /** The plan that the run follows. */
  async plan(): Promise<Plan> {
    this.#plan ??= await readPlan(this.#redis, this.#ledger.prefix, (await this.get()).plan)
    return this.#plan
  }

  /** Its node runs, in the order of the plan. */
  async nodes(): Promise<readonly NodeRun[]> {
    return readNodeRuns(this.#redis, this.#ledger.prefix, this.id, await this.plan())
  }

  /** Where a dataset of the run lies; undefined while its node has not succeeded. */
  async reference(dataset: string): Promise<DatasetReference | undefined> {
    return readReference(this.#redis, this.#ledger.prefix, this.id, dataset)
  }

  /**
   * Waits until the run has ended and its datasets are published.
   *
   * @param options.timeout Milliseconds. Default: none.
   * @throws InfrastructureError `RUN_WAIT_TIMEOUT`; the run goes on
   */
  async wait(
    options: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Run> {
    const end = Date.now() + (options.timeout ?? Infinity)
    for (let pause = 5; ; pause = Math.min(pause * 1.5, 250)) {
      const status = await this.#redis.hget(keys.run(this.#ledger.prefix, this.id), 'status')
      if (status === null || (status !== 'running' && status !== 'pending')) {
        const run = await this.get()
        if (isTerminal(run.status)) return run
      }
      if (Date.now() > end) {
        throw new InfrastructureError('RUN_WAIT_TIMEOUT', `Run ${this.id} has not ended in time.`, {
          hint: 'It goes on. Wait longer, or look at it with "pipewright runs show".',
        })
      }
      await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  }

  /** Cancels the run: waiting nodes end as `cancelled` at once, running ones are aborted by their workers. */
  async cancel(): Promise<'cancelling' | 'ended'> {
    const reply = await this.#ledger.cancel(this.id)
    if (reply !== 'unknown') return reply
    throw new InfrastructureError('RUN_NOT_FOUND', `Run ${this.id} is not known.`, {
      hint: 'Its id may be mistyped, its retention over, or this is another Redis.',
    })
  }
}
