import type { Redis } from 'ioredis'

import * as keys from './keys.ts'

const kept = 90 * 24 * 3600

/** Remembers in Redis which MLflow run holds which record of a run. */
export class RecordedRuns {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** Everything that is remembered of a run: record -> MLflow run id. */
  all(run: string): Promise<Record<string, string>> {
    return this.#redis.hgetall(keys.mlflowRuns(this.#prefix, run))
  }

  /** Remembers records of a run. */
  async save(run: string, records: Readonly<Record<string, string>>): Promise<void> {
    await this.#redis.hset(keys.mlflowRuns(this.#prefix, run), records)
  }

  /** True when the run was recorded to its end. */
  async isComplete(run: string): Promise<boolean> {
    return (await this.#redis.hexists(keys.mlflowRuns(this.#prefix, run), 'recorded')) === 1
  }

  /** Forgets one record. */
  async remove(run: string, record: string): Promise<void> {
    await this.#redis.hdel(keys.mlflowRuns(this.#prefix, run), record)
  }

  /** The run is recorded to its end: what is remembered of it lapses after 90 days. */
  async lapse(run: string): Promise<void> {
    await this.#redis.expire(keys.mlflowRuns(this.#prefix, run), kept)
  }
}
