import type { Redis } from 'ioredis'

import type { OverlapPolicy } from '../config/schedules-schema.ts'
import * as keys from '../redis/keys.ts'
import * as scripts from './lane-scripts.ts'

/** Slots that come by themselves, and those of a backfill, are kept apart: neither waits for the other. */
export type LaneName = 'slots' | 'backfill'

export type Verdict = 'run' | 'wait' | 'skip' | 'past' | 'paused' | 'gone'

/** Slots that wait at most under `bufferAll`. */
const mostWaiting = 1000

/** Slots of a schedule that run and that wait. */
export class Lane {
  readonly name: LaneName
  readonly #redis: Redis
  readonly #state: string
  readonly #running: string
  readonly #waiting: string

  constructor(redis: Redis, prefix: string, schedule: string, name: LaneName) {
    this.name = name
    this.#redis = redis
    this.#state = keys.schedule(prefix, schedule)
    this.#running = keys.slotsRunning(prefix, schedule, name)
    this.#waiting = keys.slotsWaiting(prefix, schedule, name)
  }

  /** Decides about a slot, once, whoever asks. */
  async decide(slot: number, policy: OverlapPolicy): Promise<Verdict> {
    // Its text names the six verdicts, and nothing else.
    return (await this.#call(scripts.decide, 3, slot, policy, mostWaiting)) as Verdict
  }

  async promote(most: number): Promise<void> {
    await this.#call(scripts.promote, 3, most)
  }

  async note(slot: number, run: string): Promise<void> {
    await this.#call(scripts.note, 2, slot, this.field(slot), run)
  }

  async forget(slot: number): Promise<void> {
    await this.#call(scripts.forget, 2, slot, this.field(slot))
  }

  /** Slots that are to run, in the order of time. */
  async add(slots: readonly number[]): Promise<void> {
    for (let first = 0; first < slots.length; first += 500) {
      const part = slots.slice(first, first + 500)
      // oxlint-disable-next-line no-await-in-loop -- so that Redis serves others in between
      await this.#redis.zadd(this.#waiting, ...part.flatMap((slot) => [slot, String(slot)]))
    }
  }

  async running(): Promise<readonly number[]> {
    return (await this.#redis.zrange(this.#running, '0', '-1')).map(Number)
  }

  async waiting(): Promise<readonly number[]> {
    return (await this.#redis.zrange(this.#waiting, '0', '-1')).map(Number)
  }

  async clear(): Promise<void> {
    await this.#redis.unlink(this.#running, this.#waiting)
  }

  /** Where the state has the run of a slot. */
  field(slot: number): string {
    return `run/${this.name}/${slot}`
  }

  async #call(
    script: string,
    count: number,
    ...values: readonly (string | number)[]
  ): Promise<unknown> {
    const names = [this.#state, this.#running, this.#waiting].slice(0, count)
    return this.#redis.eval(script, names.length, ...names, ...values.map(String))
  }
}
