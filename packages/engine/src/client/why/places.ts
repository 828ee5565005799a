import { setTimeout as delay } from 'node:timers/promises'

import type { PlanNode } from '../../plan/plan.ts'
import { admissionQueue, jobQueue } from '../../plan/queue-name.ts'
import * as keys from '../../redis/keys.ts'
import { readBacklog } from './backlog.ts'
import { QueueFacts } from './queue-facts.ts'
import type { Place } from './reason.ts'
import { page, type LivePlace, type RunFacts } from './run-facts.ts'

/** Looks at a node that seems to be nowhere, and milliseconds of the first pause between them. */
const looks = 5
const pause = 15
/** Runs in the ring of a queue that are looked at. */
const widestRing = 5000

/** Names under which a node may wait, lie ready or run. */
function placesOf(pipeline: string, node: PlanNode, isSuspect: boolean): readonly string[] {
  const names = [admissionQueue(pipeline, node), jobQueue(node)]
  const aside = names.map((name) => keys.quarantine(name))
  return [...new Set(isSuspect ? [...names, ...aside] : names)]
}

/** Where a node run was found that may run, as all its inputs are there. */
export type Found = { readonly live: LivePlace; readonly losses: number } & (
  | { readonly at: 'active'; readonly queue: string; readonly job: string }
  | { readonly at: 'waiting'; readonly queue: string; readonly place: Place }
  | {
      readonly at: 'timer'
      readonly dueAt: number
      /** Its member of `due`. */
      readonly timer: string
      readonly queue: string
    }
  | { readonly at: 'backlog'; readonly position: number; readonly length: number }
  /** It has ended meanwhile. */
  | { readonly at: 'ended' }
  | { readonly at: 'nowhere' }
)

type Timer = Omit<Extract<Found, { at: 'timer' }>, 'at' | 'live' | 'losses'>

interface Candidate {
  readonly index: number
  readonly name: string
  /** Its own, and its quarantine once workers were lost by it. */
  readonly queues: readonly string[]
  readonly live: LivePlace
  readonly losses: number
  readonly job: string
  readonly entry: string
}

interface InList {
  readonly position: number
  readonly length: number
}

/**
 * Finds node runs in the lists, queues and timers. They are read in the order in which a node moves through them, so that one
 * that moves meanwhile is seen at least once.
 */
export class Places {
  readonly #facts: RunFacts
  readonly #queues = new Map<string, QueueFacts>()

  constructor(facts: RunFacts) {
    this.#facts = facts
  }

  /** What was read of a queue. */
  async queue(name: string): Promise<QueueFacts> {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const { redis, prefix } = this.#facts
    const read = await QueueFacts.read(redis, prefix, name)
    this.#queues.set(name, read)
    return read
  }

  /** Some of the node runs, as `run/node`, that count under a limit of nodes. */
  async holders(what: string, most: number): Promise<readonly string[]> {
    const { redis, prefix } = this.#facts
    const found: unknown = await redis.hrandfield(keys.held(prefix, what), most)
    return Array.isArray(found) ? found.map(String) : []
  }

  /** Runs of the same priority whose turn at admission to a queue comes before this run's. */
  async runsAhead(queue: string): Promise<number | undefined> {
    const { redis, prefix, id } = this.#facts
    const { priority } = this.#facts.run
    const level = priority === 0 ? '' : `:${priority}`
    const ring = keys.readyRuns(prefix, queue) + level
    const at = await redis.lpos(ring, id, 'MAXLEN', widestRing)
    return at ?? undefined
  }

  /**
   * Finds nodes that have not ended and whose inputs are all there. A node may go back, as when it is tried again, and be missed:
   * one that seems to be nowhere is looked for again.
   */
  async find(indexes: readonly number[]): Promise<ReadonlyMap<number, Found>> {
    const found = await this.#look(indexes)
    for (let look = 2; look <= looks; look += 1) {
      const missed = [...found].filter(([, { at }]) => at === 'nowhere').map(([index]) => index)
      if (missed.length === 0) break
      await delay(pause * look)
      const open = new Set(await this.#facts.stillOpen(missed))
      this.#queues.clear()
      const again = await this.#look([...open])
      for (const index of missed) {
        const place = again.get(index) ?? found.get(index)
        if (place !== undefined)
          found.set(index, open.has(index) ? place : { ...place, at: 'ended' })
      }
    }
    return found
  }

  async #look(indexes: readonly number[]): Promise<Map<number, Found>> {
    const candidates = await this.#candidates(indexes)
    const backlog = await readBacklog(this.#facts)
    const ready = new Map<string, ReadonlyMap<number, InList>>()
    const names = new Set(candidates.flatMap(({ queues }) => queues))
    for (const queue of names) ready.set(queue, await this.#ready(queue))
    const timers = await this.#timers(candidates)
    for (const queue of names) await this.queue(queue)
    const found = new Map<number, Found>()
    for (const [at, candidate] of candidates.entries()) {
      const { live, losses, index } = candidate
      const base = { live, losses }
      const timer = timers[at]
      const waiting = this.#waiting(candidate, ready)
      const part = backlog.parts.get(index)
      const place: Found =
        this.#queued(candidate, base) ??
        (timer === undefined ? undefined : { ...base, at: 'timer', ...timer }) ??
        (waiting === undefined ? undefined : { ...base, at: 'waiting', ...waiting }) ??
        (part === undefined
          ? { ...base, at: 'nowhere' }
          : { ...base, at: 'backlog', position: part, length: backlog.length })
      found.set(index, place)
    }
    await this.#lookDeeper(candidates, found)
    return found
  }

  async #candidates(indexes: readonly number[]): Promise<readonly Candidate[]> {
    const [live, losses] = await Promise.all([
      this.#facts.live(indexes),
      this.#facts.losses(indexes),
    ])
    return indexes.flatMap((index, at) => {
      const [node, place, lost = 0] = [this.#facts.plan.nodes[index], live[at], losses[at]]
      if (node === undefined || place === undefined) return []
      const { generation, base, failures } = place
      return [
        {
          index,
          name: node.name,
          queues: placesOf(this.#facts.plan.pipeline, node, lost > 0),
          live: place,
          losses: lost,
          job: `${this.#facts.id}/${node.name}/${generation}`,
          entry: [index, generation, base, failures, node.name].join('|'),
        },
      ]
    })
  }

  #queued(
    { queues, job }: Candidate,
    base: { readonly live: LivePlace; readonly losses: number },
  ): Found | undefined {
    for (const queue of queues) {
      const facts = this.#queues.get(queue)
      if (facts?.activeJobs.has(job) === true) return { ...base, at: 'active', queue, job }
      const position = facts?.waitingJobs.get(job)
      if (facts === undefined || position === undefined) continue
      const place = { list: 'queue', position, length: facts.waiting } as const
      return { ...base, at: 'waiting', queue, place }
    }
    return undefined
  }

  #waiting(
    { queues, index }: Candidate,
    ready: ReadonlyMap<string, ReadonlyMap<number, InList>>,
  ): { readonly queue: string; readonly place: Place } | undefined {
    for (const queue of queues) {
      const entry = ready.get(queue)?.get(index)
      if (entry !== undefined) return { queue, place: { list: 'ready', ...entry } }
    }
    return undefined
  }

  /** The run's ready list of a queue: index -> position. */
  async #ready(queue: string): Promise<ReadonlyMap<number, InList>> {
    const { redis, prefix, id } = this.#facts
    const entries: string[] = []
    for (;;) {
      const first = entries.length
      const part = await redis.lrange(keys.ready(prefix, id, queue), first, first + page - 1)
      entries.push(...part)
      if (part.length < page) break
    }
    return new Map(
      entries.map((entry, at) => [
        Number.parseInt(entry, 10),
        { position: at + 1, length: entries.length },
      ]),
    )
  }

  /** The timer of each candidate, if there is one. */
  async #timers(candidates: readonly Candidate[]): Promise<readonly (Timer | undefined)[]> {
    const timers: (Timer | undefined)[] = []
    for (let first = 0; first < candidates.length; first += page) {
      const part = candidates.slice(first, first + page)
      timers.push(...(await Promise.all(part.map(async (each) => this.#timer(each)))))
    }
    return timers
  }

  async #timer({ queues, entry, live }: Candidate): Promise<Timer | undefined> {
    if (live.generation === 1) return undefined
    const { redis, prefix, id } = this.#facts
    const asked = queues.map(async (queue) => {
      const timer = `retry|${id}|${queue}|${entry}`
      const score = await redis.zscore(keys.due(prefix), timer)
      return score === null ? undefined : { dueAt: Number(score), timer, queue }
    })
    return (await Promise.all(asked)).find((each) => each !== undefined)
  }

  /** Queues that are very long, or in which an operator has set priorities: asks for the jobs one by one. */
  async #lookDeeper(candidates: readonly Candidate[], found: Map<number, Found>): Promise<void> {
    const { redis, prefix } = this.#facts
    const left = candidates.filter(({ index }) => found.get(index)?.at === 'nowhere')
    for (let first = 0; first < left.length; first += page) {
      const part = left.slice(first, first + page)
      await Promise.all(
        part.map(async ({ index, queues, job, live, losses }) => {
          for (const queue of queues) {
            const bull = `${keys.queuePrefix(prefix)}:${queue}:`
            const facts = await this.queue(queue)
            const [exists, priority] = await Promise.all([
              redis.exists(bull + job),
              redis.zscore(`${bull}prioritized`, job),
            ])
            if (priority === null && (exists === 0 || !facts.cut)) continue
            const place = { list: 'queue', length: facts.waiting } as const
            found.set(index, { live, losses, at: 'waiting', queue, place })
          }
        }),
      )
    }
  }
}
