import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { Plan } from '../plan/plan.ts'
import { DatasetReference } from '../run/dataset-reference.ts'
import { NodeFinished } from '../run/event.ts'
import { statuses, type Status } from '../run/status.ts'
import * as keys from './keys.ts'

/** What an observer needs to know of a run beyond its events. */
export interface RunHeader {
  readonly id: string
  readonly pipeline: string
  /** Hash of the plan. */
  readonly plan: string
  readonly params: Readonly<Record<string, unknown>>
  readonly tags: Readonly<Record<string, string>>
  readonly env: string
  readonly createdAt: number
  /** The run that it goes on with. */
  readonly resumes?: string | undefined
  /** When it began, where it was delayed or had to wait; else it began when it was created. */
  readonly startedAt?: number | undefined
  readonly status: Status
  /** When it ended; undefined while it has not. */
  readonly endedAt?: number | undefined
}

/** An attempt that runs, as the ledger shows it. */
export interface RunningAttempt {
  readonly index: number
  readonly attempt: number
  readonly startedAt: number
  readonly worker: string
}

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('is not JSON')
    return z.NEVER
  }
})

const Header = z.object({
  id: z.string(),
  pipeline: z.string(),
  plan: z.string(),
  params: json.pipe(z.record(z.string(), z.unknown())).default({}),
  tags: json.pipe(z.record(z.string(), z.string())).default({}),
  env: z.string().default('local'),
  createdAt: z.coerce.number(),
  startedAt: z.coerce.number().optional(),
  resumes: z.string().optional(),
  status: z.enum(statuses).default('pending'),
  endedAt: z.coerce.number().optional(),
})

const Running = z.object({
  status: z.literal('running'),
  attempt: z.int(),
  startedAt: z.number(),
  worker: z.string().default(''),
})

const batch = 500

/** Reads what the ledger holds of runs, for consumers of the outbox. It never writes. */
export class LedgerReader {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** The header of a run; undefined when the ledger does not know the run, or no longer. */
  async run(id: string): Promise<RunHeader | undefined> {
    const fields = await this.#redis.hgetall(keys.run(this.#prefix, id))
    return Object.keys(fields).length === 0 ? undefined : Header.parse(fields)
  }

  /** A stored plan. */
  async plan(hash: string): Promise<Plan | undefined> {
    const text = await this.#redis.hget(keys.plan(this.#prefix, hash), 'json')
    // content-addressed and written by the compiler alone, so the text of this hash is a plan
    return text === null ? undefined : (JSON.parse(text) as Plan)
  }

  /** Records of the ended node runs among the first `total` indexes, by index. */
  async nodes(id: string, total: number): Promise<readonly NodeFinished[]> {
    return this.records(
      id,
      Array.from({ length: total }, (_, index) => index),
    )
  }

  /** Records of the ended node runs among these indexes, in their order. */
  async records(id: string, indexes: readonly number[]): Promise<readonly NodeFinished[]> {
    const records: NodeFinished[] = []
    for (let from = 0; from < indexes.length; from += batch) {
      const part = indexes.slice(from, from + batch).map(String)
      // oxlint-disable-next-line no-await-in-loop -- batches bound what Redis is asked at once
      const texts = await this.#redis.hmget(keys.nodes(this.#prefix, id), ...part)
      for (const text of texts)
        if (text !== null) records.push(NodeFinished.parse(JSON.parse(text)))
    }
    return records
  }

  /** Runs that ended before a moment (ms since 1970) and are still kept, oldest first. */
  async endedBefore(moment: number): Promise<readonly string[]> {
    return this.#redis.zrange(keys.finishedRuns(this.#prefix), '-inf', String(moment), 'BYSCORE')
  }

  /** Runs that were created before a moment (ms since 1970) and have not ended, oldest first. */
  async activeBefore(moment: number): Promise<readonly string[]> {
    const runs = await this.#redis.zrange(
      keys.activeRuns(this.#prefix),
      '-inf',
      String(moment),
      'BYSCORE',
    )
    // those that have not begun are told of when they do
    const begun = await Promise.all(
      runs.map(async (run) => this.#redis.hget(keys.run(this.#prefix, run), 'status')),
    )
    return runs.filter((_, at) => begun[at] !== 'pending')
  }

  /** The attempts of a run that are known to be running. */
  async running(id: string): Promise<readonly RunningAttempt[]> {
    const live = await this.#redis.hgetall(keys.live(this.#prefix, id))
    return Object.entries(live).flatMap(([index, text]) => {
      // beside them are the numbers of messages
      const shown = /^\d+$/.test(index) ? Running.safeParse(JSON.parse(text)).data : undefined
      return shown === undefined ? [] : [{ ...shown, index: Number(index) }]
    })
  }

  /** The references of datasets of a run, inline values included; those that are not there are left out. */
  async data(id: string, datasets: readonly string[]): Promise<readonly DatasetReference[]> {
    if (datasets.length === 0) return []
    const texts = await this.#redis.hmget(keys.data(this.#prefix, id), ...datasets)
    return texts.flatMap((text) =>
      text === null ? [] : [DatasetReference.parse(JSON.parse(text))],
    )
  }
}
