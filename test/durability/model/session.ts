import type { Redis } from 'ioredis'

import { compare } from './compare.ts'
import type { Call, Driver } from './driver.ts'
import { planOf, publishedOf, type Scenario } from './scenario.ts'
import { Snapshots, type Snapshot } from './snapshot.ts'
import { emptyWorld, newRun, queues, type Attempt, type RunState, type World } from './world.ts'

/** A settlement that was sent, for its reply to be lost. */
export interface SentSettlement {
  readonly call: Call
  readonly attempt: Attempt
  readonly accepted: boolean
  /** True when a refusal is no mistake: the node run may have gone on since. */
  readonly lenient: boolean
}

/** One sequence under way: the ledger, and what should be true of it. */
export class Session {
  readonly driver: Driver
  readonly #redis: Redis
  readonly world: World
  readonly scenario: Scenario
  readonly sent: SentSettlement[] = []
  readonly #snapshots: Snapshots
  readonly #plans: readonly ReturnType<typeof planOf>[]
  #runs = 0
  #touched = false
  #count = 0
  #struck = 0
  /** Sends the last command again, as a client that has not seen its reply. */
  again: (() => Promise<void>) | undefined
  /** What lay in Redis after the last command. */
  seen: Snapshot | undefined

  constructor(driver: Driver, redis: Redis, scenario: Scenario) {
    this.driver = driver
    this.#redis = redis
    this.scenario = scenario
    this.#struck = driver.calls.struck
    this.world = emptyWorld(scenario.low, scenario.limit)
    this.#snapshots = new Snapshots(redis, driver.prefix)
    this.#plans = scenario.graphs.map((graph) => planOf(graph))
  }

  async begin(): Promise<void> {
    const { low, limit } = this.scenario
    await this.driver.reset(low, limit, this.#plans)
  }

  /** For commands beside the ledger's scripts. */
  get redis(): Redis {
    this.#touched = true
    return this.#redis
  }

  /** True when anything was sent since the last look. */
  get changed(): boolean {
    return this.#touched || this.driver.calls.count !== this.#count
  }

  /** A run that has not been submitted. */
  newRun(choice: number): RunState {
    this.#runs += 1
    const at = choice % this.#plans.length
    const [plan, graph] = [this.#plans[at], this.scenario.graphs[at]]
    if (plan === undefined || graph === undefined) throw new Error('a scenario has no graph')
    return newRun(`r${this.#runs}`, plan, publishedOf(graph))
  }

  get runCount(): number {
    return this.#runs
  }

  /** Compares the ledger with what should be true. */
  async check(): Promise<void> {
    if (this.driver.calls.struck > this.#struck) {
      this.world.shaken = true
      this.world.endsCut = true
      this.world.everCut = true
      for (const queue of queues) this.world.longRings.add(queue)
    }
    this.#struck = this.driver.calls.struck
    this.seen = await this.#snapshots.take()
    compare(this.world, this.seen)
    this.world.claimed = undefined
    this.world.cut = undefined
    this.#touched = false
    this.#count = this.driver.calls.count
  }

  /** What lies in Redis, in the middle of a command. */
  async peek(): Promise<Snapshot> {
    return this.#snapshots.take(true)
  }

  /** True when chunks of edges wait. */
  get busy(): boolean {
    return this.seen?.keys.has('backlog') ?? false
  }
}

/** One of a list, by a number. */
export function pick<Item>(items: readonly Item[], choice: number): Item | undefined {
  return items[choice % Math.max(1, items.length)]
}
