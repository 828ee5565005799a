import type { Redis } from 'ioredis'

import type { Amounts } from '../../definition/resources.ts'
import { neededBy, userQueue } from '../../plan/queue-name.ts'
import * as keys from '../../redis/keys.ts'
import { readWorkers, type KnownWorker } from '../../redis/presence.ts'
import type { NamedWorker, RefusedWorker, WorkerCode } from './reason.ts'
import { page } from './run-facts.ts'

/** Entries of a list that are looked at: admission keeps queues far shorter. */
const deepest = 5000

/** Who is alive, and what holds up a queue: read once, when it is first asked for. */
export class QueueFacts {
  readonly name: string
  readonly paused: boolean
  /** Most jobs at a time that an operator allows. */
  readonly limit: number | undefined
  readonly waiting: number
  readonly running: number
  /** True when not all waiting jobs were looked at. */
  readonly cut: boolean
  /** Job -> 1 for the next one. */
  readonly waitingJobs: ReadonlyMap<string, number>
  readonly activeJobs: ReadonlySet<string>

  private constructor(name: string, meta: readonly (string | null)[], wait: List, active: List) {
    this.name = name
    this.paused = (meta[0] ?? null) !== null
    this.limit = meta[1] === undefined || meta[1] === null ? undefined : Number(meta[1])
    this.waiting = wait.length
    this.running = active.length
    this.cut = wait.length > wait.entries.length
    this.waitingJobs = new Map(wait.entries.map((id, at) => [id, at + 1]))
    this.activeJobs = new Set(active.entries)
  }

  static async read(redis: Redis, prefix: string, name: string): Promise<QueueFacts> {
    const queue = `${keys.queuePrefix(prefix)}:${name}:`
    // as the scripts do: the pause of a queue holds for those that belong to it
    const shared = `${keys.queuePrefix(prefix)}:${userQueue(name)}:meta`
    const meta = await redis.hmget(shared, 'paused', 'concurrency')
    // In the order in which jobs move, so that none that moves meanwhile is missed.
    const wait = await readFromEnd(redis, `${queue}wait`)
    const active = await readFromEnd(redis, `${queue}active`)
    return new QueueFacts(name, meta, wait, active)
  }
}

interface List {
  readonly entries: readonly string[]
  readonly length: number
}

/** The entries of a list from its end, where BullMQ takes the next job. */
async function readFromEnd(redis: Redis, key: string): Promise<List> {
  const length = await redis.llen(key)
  const entries: string[] = []
  for (let last = -1; entries.length < Math.min(length, deepest); last -= page) {
    const part = await redis.lrange(key, last - page + 1, last)
    entries.push(...part.toReversed())
    if (part.length < page) break
  }
  return { entries, length: Math.max(length, entries.length) }
}

/** The workers, by what is asked of them. */
export class WorkerFacts {
  readonly now: number
  readonly #workers: readonly KnownWorker[]

  private constructor(now: number, workers: readonly KnownWorker[]) {
    this.now = now
    this.#workers = workers
  }

  static async read(redis: Redis, prefix: string): Promise<WorkerFacts> {
    const { now, workers } = await readWorkers(redis, prefix)
    return new WorkerFacts(now, workers)
  }

  get alive(): number {
    return this.#workers.filter(({ lost }) => !lost).length
  }

  /** Milliseconds between two looks for lost workers of a queue: the shortest of its living workers. */
  checkEvery(queue: string): number {
    return Math.min(5000, ...this.serving(queue).map((worker) => worker.checkEvery))
  }

  /** Living workers that serve a queue. Whoever serves a queue serves its quarantine. */
  serving(queue: string): readonly KnownWorker[] {
    return this.#of(queue).filter(({ lost }) => !lost)
  }

  lostOf(queue: string): readonly KnownWorker[] {
    return this.#of(queue).filter(({ lost }) => lost)
  }

  /** Living workers that would serve a queue and claim nothing. */
  refused(queue: string): readonly RefusedWorker[] {
    const base = userQueue(queue)
    return this.#workers.flatMap((worker) => {
      const { problem, lost } = worker
      if (lost || problem === undefined || !problem.queues.includes(base)) return []
      const { code, message, hint } = problem
      return [{ worker: namedWorker(worker), problem: { code, message, hint } }]
    })
  }

  /** The living workers of a queue, those first whose code has a pipeline as this plan does. */
  codes(queue: string, pipeline: string, plan: string): readonly WorkerCode[] {
    const order = ['same', 'any', 'other', 'none']
    return this.fitting(queue)
      .map((worker) => ({ worker: namedWorker(worker), has: versionOf(worker, pipeline, plan) }))
      .toSorted((a, b) => order.indexOf(a.has) - order.indexOf(b.has))
  }

  /** Node runs that the living workers of a queue take from it at a time. */
  slots(queue: string): number {
    const need = neededBy(queue)
    return this.fitting(queue).reduce((sum, { queues, resources }) => {
      const own = queues.find(({ name }) => name === userQueue(queue))?.concurrency ?? 0
      return sum + Math.min(own, need === undefined ? own : timesIn(resources, need))
    }, 0)
  }

  /** Living workers that serve a queue and offer what its node runs need. */
  fitting(queue: string): readonly KnownWorker[] {
    const need = neededBy(queue)
    if (need === undefined) return this.serving(queue)
    return this.serving(queue).filter(({ resources }) => timesIn(resources, need) > 0)
  }

  /** What the living workers of a queue offer. */
  offers(queue: string): readonly { readonly worker: string; readonly resources: Amounts }[] {
    return this.serving(queue).map(({ name, resources }) => ({ worker: name, resources }))
  }

  /** Queues that living workers serve, and how many of them each. */
  get served(): readonly { readonly queue: string; readonly workers: number }[] {
    const counts = new Map<string, number>()
    for (const { lost, queues } of this.#workers) {
      if (lost) continue
      for (const { name } of queues) {
        if (name === userQueue(name)) counts.set(name, (counts.get(name) ?? 0) + 1)
      }
    }
    return [...counts].map(([queue, workers]) => ({ queue, workers }))
  }

  /** The worker that holds a lock, or else the last one of that name. */
  find(token: string | null, name: string): NamedWorker {
    const id = token?.slice(0, token.lastIndexOf(':'))
    const worker =
      this.#workers.find(({ queues }) => queues.some((queue) => queue.id === id)) ??
      this.#workers.findLast((each) => each.name === name)
    return worker === undefined ? { name, lost: false } : namedWorker(worker)
  }

  #of(queue: string): readonly KnownWorker[] {
    const base = userQueue(queue)
    return this.#workers.filter(({ queues }) => queues.some(({ name }) => name === base))
  }
}

/** The queue that a quarantine belongs to; any other queue is its own. */
export function baseOf(queue: string): string {
  const aside = keys.quarantine('')
  return queue.endsWith(aside) ? queue.slice(0, -aside.length) : queue
}

function versionOf({ pipelines }: KnownWorker, pipeline: string, plan: string): WorkerCode['has'] {
  if (pipelines === undefined) return 'any'
  const hash = Object.hasOwn(pipelines, pipeline) ? pipelines[pipeline] : undefined
  if (hash === undefined) return 'none'
  return plan.startsWith(hash) ? 'same' : 'other'
}

/** How often amounts are in what is offered. */
function timesIn(offer: Amounts, need: Amounts): number {
  const times = Object.entries(need).map(([name, amount]) =>
    Math.floor((offer[name] ?? 0) / amount),
  )
  return Math.min(...times)
}

export function namedWorker({ name, host, pid, beatAt, lost }: KnownWorker): NamedWorker {
  return { name, host, pid, beatAt, lost }
}
