import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { Plan } from '../../plan/plan.ts'
import * as keys from '../../redis/keys.ts'
import { readPlan } from '../../redis/plan-store.ts'
import { NodeFinished } from '../../run/event.ts'
import { NodeFailure } from '../../run/node-failure.ts'
import type { Run } from '../../run/run.ts'
import { readKnownRun } from '../run-reader.ts'

/** Fields or entries that one command reads. */
export const page = 500

type EndedStatus = NodeFinished['status']
const Ended: z.ZodType<{ status: EndedStatus }> = z.object({
  status: z.enum(['succeeded', 'failed', 'skipped', 'cancelled', 'reused']),
})

/** What the ledger shows of a node run that has not ended. */
export interface LivePlace {
  readonly status: 'pending' | 'running'
  readonly attempt: number
  readonly generation: number
  readonly base: number
  readonly failures: number
  readonly dueAt?: number | undefined
  readonly worker?: string | undefined
  readonly error?: NodeFailure | undefined
}

const LivePlace: z.ZodType<LivePlace> = z.object({
  status: z.enum(['pending', 'running']),
  attempt: z.int(),
  generation: z.int().default(1),
  base: z.int().default(0),
  failures: z.int().default(0),
  dueAt: z.number().optional(),
  worker: z.string().optional(),
  error: NodeFailure.optional(),
})

const fresh: LivePlace = { status: 'pending', attempt: 0, generation: 1, base: 0, failures: 0 }

/** What is known of one run: read in pages, and only as far as it is asked for. */
export class RunFacts {
  readonly redis: Redis
  readonly prefix: string
  readonly run: Run
  readonly plan: Plan
  readonly cancelling: boolean
  readonly #pages = new Map<number, Promise<readonly (EndedStatus | undefined)[]>>()

  private constructor(
    redis: Redis,
    prefix: string,
    run: Run,
    plan: Plan,
    { cancelling }: { readonly cancelling: boolean },
  ) {
    this.redis = redis
    this.prefix = prefix
    this.run = run
    this.plan = plan
    this.cancelling = cancelling
  }

  /** @throws InfrastructureError `RUN_NOT_FOUND`, `PLAN_MISSING` */
  static async read(redis: Redis, prefix: string, id: string, plan?: Plan): Promise<RunFacts> {
    const [run, cancelling] = await Promise.all([
      readKnownRun(redis, prefix, id),
      redis.hexists(keys.run(prefix, id), 'cancelling'),
    ])
    const known = plan ?? (await readPlan(redis, prefix, run.plan))
    return new RunFacts(redis, prefix, run, known, { cancelling: cancelling === 1 })
  }

  get id(): string {
    return this.run.id
  }

  nameOf(index: number): string {
    return this.plan.nodes[index]?.name ?? String(index)
  }

  /** How a node run ended; undefined while it has not. Reads the whole page of it. */
  async status(index: number): Promise<EndedStatus | undefined> {
    const number = Math.floor(index / page)
    let read = this.#pages.get(number)
    if (read === undefined) {
      read = this.#readPage(number)
      this.#pages.set(number, read)
    }
    return (await read)[index % page]
  }

  /** The indexes of `indexes` that have no record now, whatever was read before. */
  async stillOpen(indexes: readonly number[]): Promise<readonly number[]> {
    const records = await this.#fields(keys.nodes(this.prefix, this.id), indexes)
    return indexes.filter((_, at) => records[at] === null)
  }

  /** The record of an ended node run. */
  async record(index: number): Promise<NodeFinished | undefined> {
    const text = await this.redis.hget(keys.nodes(this.prefix, this.id), String(index))
    return text === null ? undefined : NodeFinished.parse(JSON.parse(text))
  }

  /** What is shown of node runs, in the order of the indexes. */
  async live(indexes: readonly number[]): Promise<readonly LivePlace[]> {
    const texts = await this.#fields(keys.live(this.prefix, this.id), indexes)
    return texts.map((text) => (text === null ? fresh : LivePlace.parse(JSON.parse(text))))
  }

  /** Workers lost by node runs, in the order of the indexes. */
  async losses(indexes: readonly number[]): Promise<readonly number[]> {
    const texts = await this.#fields(keys.losses(this.prefix, this.id), indexes)
    return texts.map((text) => Number(text ?? 0))
  }

  async #readPage(number: number): Promise<readonly (EndedStatus | undefined)[]> {
    const first = number * page
    const size = Math.min(page, this.plan.nodes.length - first)
    const indexes = Array.from({ length: size }, (_, offset) => first + offset)
    const texts = await this.#fields(keys.nodes(this.prefix, this.id), indexes)
    return texts.map((text) => (text === null ? undefined : Ended.parse(JSON.parse(text)).status))
  }

  async #fields(key: string, indexes: readonly number[]): Promise<readonly (string | null)[]> {
    const texts: (string | null)[] = []
    for (let first = 0; first < indexes.length; first += page) {
      const part = indexes.slice(first, first + page).map(String)
      texts.push(...(await this.redis.hmget(key, ...part)))
    }
    return texts
  }
}

/** True when dependents of a node that ended so may run. */
export function isSuccess(status: EndedStatus | undefined): boolean {
  return status === 'succeeded' || status === 'reused'
}
