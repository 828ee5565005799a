import { keys, laneOf, type Plan } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import { compare } from './compare.ts'
import type { Call, Driver } from './driver.ts'
import { planOf, type Scenario } from './scenario.ts'
import { Snapshots, type Snapshot } from './snapshot.ts'
import {
  emptyWorld,
  newRun,
  queues,
  type Admission,
  type Attempt,
  type Limit,
  type RunState,
  type World,
} from './world.ts'

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
  /** Queues and lanes in which node runs may wait for room. */
  readonly names: readonly string[]
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
    this.#plans = scenario.graphs.map((graph, at) => planOf(graph, `p${at}`))
    this.names = namesOf(this.#plans.map(({ plan }) => plan))
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

  /** A run that has not been submitted. Its key is one of two, for limits that count by key. */
  newRun(choice: number, key: string, admission: Omit<Admission, 'limits'>): RunState {
    this.#runs += 1
    const at = choice % this.#plans.length
    const [plan, graph] = [this.#plans[at], this.scenario.graphs[at]]
    if (plan === undefined || graph === undefined) throw new Error('a scenario has no graph')
    const { pipeline } = plan.plan
    const { runs = 0, perKey = 0 } = this.scenario.limits[at] ?? {}
    const limits: Limit[] = []
    if (runs > 0) limits.push([`pipeline/${pipeline}`, runs])
    if (perKey > 0) limits.push([`key/${pipeline}/${key}`, perKey])
    return newRun(this.#runs, plan, graph, { ...admission, limits })
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
      for (const name of this.names) this.world.longRings.add(name)
    }
    this.#struck = this.driver.calls.struck
    this.seen = await this.#snapshots.take()
    compare(this.world, this.seen, this.names)
    this.world.turned = false
    this.world.left = ''
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

/** All names under which nodes of the plans may wait for room, quarantines too. */
function namesOf(plans: readonly Plan[]): readonly string[] {
  const lanes = plans.flatMap(({ pipeline, nodes }) =>
    nodes.flatMap((node) => [
      laneOf(pipeline, node, node.queue),
      laneOf(pipeline, node, keys.quarantine(node.queue)),
    ]),
  )
  return [...queues, ...new Set(lanes.filter((lane) => lane !== ''))]
}

/** One of a list, by a number. */
export function pick<Item>(items: readonly Item[], choice: number): Item | undefined {
  return items[choice % Math.max(1, items.length)]
}
