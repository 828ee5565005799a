import type { Redis } from 'ioredis'

import * as keys from '../redis/keys.ts'
import { redisTime } from '../redis/presence.ts'
import { readSchedules } from './schedule-store.ts'
import { dueAfter } from './slots.ts'
import type { StoredSchedule } from './stored-schedule.ts'

/** A schedule as one scheduler knows it. */
export interface Known {
  readonly schedule: StoredSchedule
  /** No slot up to this time has to be decided by this scheduler. */
  after: number
  /** When its next slot is due; `Infinity` when there is none, and while it is paused. */
  due: number
}

/** What is to be looked after. */
export interface Look {
  /** Ms since 1970, by the clock of Redis. */
  readonly now: number
  /** Lanes with slots that run or wait: `<lane>/<schedule>`. */
  readonly busy: ReadonlySet<string>
}

/**
 * The schedules as they were read last. They are read again when their revision has changed, so a look costs three small
 * commands, however many schedules there are.
 */
export class ScheduleTable {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #onError: (error: unknown) => void
  #known: ReadonlyMap<string, Known> = new Map()
  #revision: string | null | undefined

  /** @param onError Told of a schedule whose slots cannot be computed: it is left alone until it is changed. */
  constructor(redis: Redis, prefix: string, onError: (error: unknown) => void) {
    this.#redis = redis
    this.#prefix = prefix
    this.#onError = onError
  }

  get all(): Iterable<Known> {
    return this.#known.values()
  }

  async look(): Promise<Look> {
    const [now, revision, busy] = await Promise.all([
      redisTime(this.#redis),
      this.#redis.get(keys.schedulesRevision(this.#prefix)),
      this.#redis.smembers(keys.busyLanes(this.#prefix)),
    ])
    if (revision !== this.#revision) {
      this.#known = await this.#read()
      this.#revision = revision
    }
    return { now, busy: new Set(busy) }
  }

  async #read(): Promise<ReadonlyMap<string, Known>> {
    const all = await readSchedules(this.#redis, this.#prefix)
    const known = await Promise.all(
      all.map(async (schedule): Promise<[string, Known]> => {
        const state = keys.schedule(this.#prefix, schedule.name)
        const [cursor = null, paused = null] = await this.#redis.hmget(state, 'cursor', 'paused')
        const after = Number(cursor)
        const isServed = cursor !== null && paused === null
        return [
          schedule.name,
          { schedule, after, due: isServed ? this.#due(schedule, after) : Infinity },
        ]
      }),
    )
    return new Map(known)
  }

  #due(schedule: StoredSchedule, after: number): number {
    try {
      return dueAfter(schedule, after)
    } catch (error) {
      this.#onError(error)
      return Infinity
    }
  }
}
