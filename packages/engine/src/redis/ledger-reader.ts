import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { Plan } from '../plan/plan.ts'
import { DatasetReference } from '../run/dataset-reference.ts'
import { NodeFinished } from '../run/event.ts'
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
    const records: NodeFinished[] = []
    for (let from = 0; from < total; from += batch) {
      const size = Math.min(batch, total - from)
      const indexes = Array.from({ length: size }, (_, offset) => String(from + offset))
      // oxlint-disable-next-line no-await-in-loop -- batches bound what Redis is asked at once
      const texts = await this.#redis.hmget(keys.nodes(this.#prefix, id), ...indexes)
      for (const text of texts)
        if (text !== null) records.push(NodeFinished.parse(JSON.parse(text)))
    }
    return records
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
