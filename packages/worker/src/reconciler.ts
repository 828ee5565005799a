import { randomUUID } from 'node:crypto'

import {
  admissionQueue,
  chunksOf,
  keys,
  NodeFinished,
  queuesOf,
  type Ledger,
  type Plan,
  type PlanNode,
} from '@pipewright/engine/internal'

import type { Housekeeping } from './housekeeping.ts'
import { endWithoutPlan } from './missing-plan.ts'
import type { RunCache } from './run-cache.ts'

/** Node runs that one call of the script checks. */
const batch = 256
/** Entries of a ready list that are read at once. */
const page = 1000

/**
 * Compares runs that do not move with the queues, and puts right what operators, evictions or lost writes removed. One
 * worker at a time holds the lease. It is a safety net: nothing waits for it while nothing is lost.
 */
export class Reconciler {
  readonly #ledger: Ledger
  readonly #runs: RunCache
  readonly #interval: number
  readonly #onError: (error: unknown) => void
  readonly #onMended: (run: string, nodes: number) => void
  readonly #housekeeping: Housekeeping
  readonly #token = randomUUID()
  /** Ended nodes of each active run at the last pass: only a run that has stood still since is looked at. */
  #seen: ReadonlyMap<string, number> = new Map()
  #timer: NodeJS.Timeout | undefined
  #pass: Promise<void> | undefined
  #stopped = false

  constructor(options: {
    readonly ledger: Ledger
    readonly runs: RunCache
    /** Milliseconds between two passes. */
    readonly interval: number
    readonly onError: (error: unknown) => void
    readonly onMended: (run: string, nodes: number) => void
    /** Part of each pass, under the same lease. */
    readonly housekeeping: Housekeeping
  }) {
    this.#ledger = options.ledger
    this.#runs = options.runs
    this.#interval = options.interval
    this.#onError = options.onError
    this.#onMended = options.onMended
    this.#housekeeping = options.housekeeping
    this.#arm()
  }

  /** Stops after the pass under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#pass
  }

  #arm(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#pass = this.#lookAround()
        .catch(this.#onError)
        .finally(() => this.#arm())
    }, this.#interval)
  }

  async #lookAround(): Promise<void> {
    const { redis, prefix } = this.#ledger
    if (!(await this.#hold())) return
    const seen = new Map<string, number>()
    for (const run of await redis.zrange(keys.activeRuns(prefix), '0', '-1')) {
      if (this.#stopped) return
      const ended = await redis.hlen(keys.nodes(prefix, run))
      seen.set(run, ended)
      if (this.#seen.get(run) === ended) await this.#mendOrEnd(run)
    }
    this.#seen = seen
    await this.#housekeeping.pass(() => this.#stopped)
  }

  /** Takes or renews the lease of the pass. */
  async #hold(): Promise<boolean> {
    const { redis, prefix } = this.#ledger
    const lease = keys.consumerLease(prefix, 'reconciler')
    const taken = await redis.set(lease, this.#token, 'PX', this.#interval * 3, 'NX')
    if (taken !== null) return true
    if ((await redis.get(lease)) !== this.#token) return false
    await redis.pexpire(lease, this.#interval * 3)
    return true
  }

  async #mendOrEnd(run: string): Promise<void> {
    try {
      await this.#mend(run)
    } catch (error) {
      // One run that cannot be put right, or read, must not keep the pass from the others.
      this.#onError(error)
      await endWithoutPlan(run, error, this.#ledger)
    }
  }

  async #mend(id: string): Promise<void> {
    const run = await this.#runs.get(id)
    if (run === undefined) return
    const queued = await this.#queued(id, run.plan)
    const ended = await this.#ended(id, run.plan)
    const ready = run.plan.nodes.flatMap((node, index) =>
      !ended.has(index) && !queued.has(index) && mayRun(node, index, ended)
        ? [{ index, name: node.name, queue: admissionQueue(run.plan.pipeline, node) }]
        : [],
    )
    const followed = run.plan.nodes.flatMap(({ dependents }, index) => {
      const how = followedAs(ended.get(index))
      const open = dependents.some((dependent) => !ended.has(dependent))
      return open && how !== undefined ? [{ index, chunks: chunksOf(dependents.length), how }] : []
    })
    let mended = 0
    for (let first = 0; first === 0 || first < ready.length; first += batch) {
      const part = ready.slice(first, first + batch)
      mended += await this.#ledger.mend(id, part, first === 0 ? followed : [])
    }
    if (mended > 0) this.#onMended(id, mended)
  }

  /**
   * Nodes in the run's ready lists, but for the first of each, with which the script checks that the list is in turn. The
   * script would look for each of them from the head of a list that may be as long as the run is wide.
   */
  async #queued(id: string, plan: Plan): Promise<ReadonlySet<number>> {
    const { redis, prefix } = this.#ledger
    const queued = new Set<number>()
    for (const queue of queuesOf(plan)) {
      for (let first = 1; ; first += page) {
        const entries = await redis.lrange(keys.ready(prefix, id, queue), first, first + page - 1)
        for (const entry of entries) queued.add(Number.parseInt(entry, 10))
        if (entries.length < page) break
      }
    }
    return queued
  }

  /** The ended node runs by index. */
  async #ended(id: string, plan: Plan): Promise<ReadonlyMap<number, EndedNode>> {
    const { redis, prefix } = this.#ledger
    const ended = new Map<number, EndedNode>()
    for (let first = 0; first < plan.nodes.length; first += batch) {
      const fields = plan.nodes
        .slice(first, first + batch)
        .map((_, offset) => String(first + offset))
      const texts = await redis.hmget(keys.nodes(prefix, id), ...fields)
      for (const [offset, text] of texts.entries()) {
        if (text === null) continue
        const { status, choice } = NodeFinished.parse(JSON.parse(text))
        const declined = declinedBy(plan.nodes[first + offset], choice)
        ended.set(first + offset, { status, declined })
      }
    }
    return ended
  }
}

/** How a node run ended, and which of its dependents it has not chosen. */
interface EndedNode {
  readonly status: NodeFinished['status']
  readonly declined: ReadonlySet<number>
}

function hasSucceeded({ status }: EndedNode): boolean {
  return status === 'succeeded' || status === 'reused'
}

/** Dependents that a branch has not chosen. */
function declinedBy(
  node: PlanNode | undefined,
  choice: readonly string[] | undefined,
): ReadonlySet<number> {
  if (node?.choices === undefined || choice === undefined) return new Set()
  const chosen = new Set(choice.flatMap((name) => node.choices?.[name] ?? []))
  return new Set(node.dependents.filter((dependent) => !chosen.has(dependent)))
}

/** Whether all that a node waits for is there. */
function mayRun(node: PlanNode, index: number, ended: ReadonlyMap<number, EndedNode>): boolean {
  const producers = node.producers.map((producer) => ended.get(producer))
  if (producers.some((each) => each?.declined.has(index) === true)) return false
  const succeeded = producers.filter((each) => each !== undefined && hasSucceeded(each)).length
  const hasAny = node.trigger === 'allDone' || succeeded > 0
  if (node.trigger === undefined || producers.length === 0) return succeeded === producers.length
  return hasAny && producers.every((each) => each !== undefined && each.status !== 'cancelled')
}

/** What is done about the dependents of a node run that has ended; undefined for what their inputs tell. */
function followedAs(ended: EndedNode | undefined): 'skipped' | 'cancelled' | 'choose' | undefined {
  if (ended === undefined) return undefined
  if (hasSucceeded(ended)) return ended.declined.size === 0 ? undefined : 'choose'
  return ended.status === 'cancelled' ? 'cancelled' : 'skipped'
}
