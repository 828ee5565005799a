import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import type { Pipeline } from '../definition/pipeline.ts'
import { InfrastructureError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { confirmed } from '../redis/confirm.ts'
import type { Durability } from '../redis/durability.ts'
import type { EventFeed } from '../redis/event-feed.ts'
import * as keys from '../redis/keys.ts'
import type { Ledger } from '../redis/ledger.ts'
import { readPlan } from '../redis/plan-store.ts'
import { asking, isPassing } from '../redis/redis-error.ts'
import { RunEvents, type RunEvent, type RunEventsOptions } from '../redis/run-events.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { NodeRun, Run } from '../run/run.ts'
import { isTerminal } from '../run/status.ts'
import { readKnownRun, readNodeRuns, readReference, unknownRun } from './run-reader.ts'
import type { NodeWhy, RunWhy } from './why/answer.ts'
import { whyNode, whyRun } from './why/why.ts'

/** What a client and its handles share. */
export interface RunHandleParts {
  readonly ledger: Ledger
  readonly durability: Durability
  readonly feed: EventFeed
}

/** A run that was enqueued: its state can be read and waited for from any process. */
export class RunHandle<P extends Pipeline = Pipeline> {
  readonly id: string
  /** Carries the types of what it makes; never set. */
  declare readonly types?: P['types']
  readonly #ledger: Ledger
  readonly #durability: Durability
  readonly #feed: EventFeed
  #plan: Plan | undefined

  constructor({ ledger, durability, feed }: RunHandleParts, id: string) {
    this.#ledger = ledger
    this.#durability = durability
    this.#feed = feed
    this.id = id
  }

  get #redis(): Redis {
    return this.#ledger.redis
  }

  /** The run as the ledger knows it now. @throws InfrastructureError `RUN_NOT_FOUND`, `REDIS_…` */
  async get(): Promise<Run> {
    return this.#ask('read', async () => readKnownRun(this.#redis, this.#ledger.prefix, this.id))
  }

  /** The plan that the run follows. @throws InfrastructureError `PLAN_MISSING`, `RUN_NOT_FOUND`, `REDIS_…` */
  async plan(): Promise<Plan> {
    if (this.#plan !== undefined) return this.#plan
    const { plan } = await this.get()
    this.#plan = await this.#ask('read the plan of', async () =>
      readPlan(this.#redis, this.#ledger.prefix, plan),
    )
    return this.#plan
  }

  /** Its node runs, in the order of the plan. @throws InfrastructureError as `plan` */
  async nodes(): Promise<readonly NodeRun[]> {
    const plan = await this.plan()
    return this.#ask('read the nodes of', async () =>
      readNodeRuns(this.#redis, this.#ledger.prefix, this.id, plan),
    )
  }

  /** Where a dataset of the run lies; undefined while its node has not succeeded. @throws InfrastructureError `REDIS_…` */
  async reference(dataset: string): Promise<DatasetReference | undefined> {
    return this.#ask('read a reference of', async () =>
      readReference(this.#redis, this.#ledger.prefix, this.id, dataset),
    )
  }

  /**
   * The run's events as they come: from the beginning, also of a run that has ended, or from the cursor of an event that was
   * seen before, in this process or another. The iteration ends after `run_finished`, or when `signal` is aborted. It goes on
   * after an outage of Redis.
   *
   * `run_created`, `node_finished` of every node and `run_finished` come always and once. `node_started`, `node_metrics`,
   * `node_retrying` and `node_lost` come where they are told while one reads; of the past only some are kept. What an outage hid
   * comes late. Only where very many nodes ended in an order far from the plan's, an end may come again after a cursor.
   *
   * @throws UsageError `INVALID_CURSOR`; InfrastructureError `RUN_NOT_FOUND`, `REDIS_…` after the client was closed
   *
   * @example
   * for await (const event of run.events()) console.log(event.type)
   */
  async *events(options: RunEventsOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    const { prefix } = this.#ledger
    const events = new RunEvents({ redis: this.#redis, prefix, feed: this.#feed }, this.id, options)
    await this.get()
    yield* events.read()
  }

  /**
   * Says exactly why the run does not move, or a node of it.
   *
   * @throws UsageError `UNKNOWN_NODE`; InfrastructureError as `plan`
   */
  async why(): Promise<RunWhy>
  async why(node: string): Promise<NodeWhy>
  async why(node?: string): Promise<RunWhy | NodeWhy> {
    const { prefix } = this.#ledger
    if (node === undefined) return whyRun(this.#redis, prefix, this.id)
    return whyNode(this.#redis, prefix, this.id, node)
  }

  /**
   * Waits until the run has ended and its datasets are published. An outage of Redis is no end of the run: it is asked again
   * until it answers, or until the timeout. With `durability: 'strict'` the end that it tells is on disk.
   *
   * @param options.timeout Milliseconds. Default: none.
   * @throws InfrastructureError `RUN_WAIT_TIMEOUT`, and the run goes on; `RUN_NOT_FOUND`; `REDIS_FAILED`
   */
  async wait(
    options: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Run> {
    const end = performance.now() + (options.timeout ?? Infinity)
    for (let pause = 5; ; pause = Math.min(pause * 1.5, 250)) {
      const found = await this.#ended()
      if (!(found instanceof InfrastructureError) && found !== undefined) return found
      if (performance.now() > end) throw this.#late(found)
      await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  }

  /**
   * Cancels the run: waiting nodes end as `cancelled` at once, running ones are aborted by their workers.
   *
   * @throws InfrastructureError `RUN_NOT_FOUND`, `REDIS_…`; with `durability: 'strict'` `DURABILITY_…`
   */
  async cancel(): Promise<'cancelling' | 'ended'> {
    const reply = await this.#ask('cancel', async () =>
      confirmed(this.#durability, `The cancellation of run ${this.id}`, async () =>
        this.#ledger.cancel(this.id),
      ),
    )
    if (reply !== 'unknown') return reply
    throw unknownRun(this.id)
  }

  /** The run when it has ended; the trouble when Redis has some that passes. */
  async #ended(): Promise<Run | InfrastructureError | undefined> {
    try {
      const mark = this.#durability.mark()
      const status = await this.#ask('wait for', async () =>
        this.#redis.hget(keys.run(this.#ledger.prefix, this.id), 'status'),
      )
      if (status === 'running' || status === 'pending') return undefined
      const run = await this.get()
      if (!isTerminal(run.status)) return undefined
      const isDurable = await this.#ask('wait for', async () => this.#durability.reached(mark))
      return isDurable ? run : undefined
    } catch (error) {
      // After the client was closed no answer will come.
      if (this.#redis.status === 'end' || !passes(error)) throw error
      return error
    }
  }

  #late(trouble: InfrastructureError | undefined): InfrastructureError {
    const why = trouble === undefined ? '' : ` ${trouble.message}`
    return new InfrastructureError(
      'RUN_WAIT_TIMEOUT',
      `Run ${this.id} has not ended in time.${why}`,
      {
        hint: 'It goes on. Wait longer, or ask what it waits for: "pipewright why".',
        cause: trouble,
      },
    )
  }

  async #ask<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
    return asking(this.#redis, `${doing} run ${this.id}`, ask)
  }
}

/** True for what ends without a change to what was asked; a server that has not confirmed yet is asked again as well. */
function passes(error: unknown): error is InfrastructureError {
  if (isPassing(error)) return true
  return error instanceof InfrastructureError && error.code === 'DURABILITY_UNCONFIRMED'
}
