import type { Redis } from 'ioredis'
import * as z from 'zod'

import { ScheduleSchema, type OverlapPolicy } from '../config/schedules-schema.ts'
import { timeIn } from '../config/zone-time.ts'
import type { Duration } from '../definition/duration.ts'
import { assertName } from '../definition/name.ts'
import { UsageError } from '../errors.ts'
import * as keys from '../redis/keys.ts'
import { redisTime } from '../redis/presence.ts'
import { asking } from '../redis/redis-error.ts'
import { Lane } from './lane.ts'
import {
  pauseSchedule,
  putSchedule,
  readSchedule,
  readSchedules,
  readState,
  removeSchedule,
  resumeSchedule,
} from './schedule-store.ts'
import { slotOrder, type SlotOrder } from './slot-run.ts'
import { nextSlots, slotsBetween, slotText } from './slots.ts'
import type { StoredSchedule } from './stored-schedule.ts'

/** A schedule as others see it. Slots are ISO 8601 in UTC. */
export interface KnownSchedule extends StoredSchedule {
  readonly paused: boolean
  /** The next five. */
  readonly next: readonly string[]
  /** Slots whose runs go on. */
  readonly running: readonly string[]
  /** Slots that wait for those to end. */
  readonly waiting: readonly string[]
  /** Slots of a backfill that go on, and that wait. */
  readonly backfill: { readonly running: number; readonly waiting: number }
  /** Why its last slot has no run. */
  readonly problem: string | undefined
}

/** A schedule as `schedules.yml` has it; what each setting means, and its default, is in the guide to schedules. */
export interface ScheduleInput {
  /** Name of a pipeline that workers publish. */
  readonly pipeline: string
  /** Five fields: minute, hour, day of month, month, day of week. Either this or `every`. */
  readonly cron?: string
  /** Between two slots, counted from `start`, else from 1970. */
  readonly every?: Duration
  /** Default `UTC`. */
  readonly timezone?: string
  readonly params?: Readonly<Record<string, unknown>>
  /** The param that is given the slot's time. Default: none. */
  readonly slotParam?: string
  /** `time` is ISO 8601 in UTC, `date` the date in `timezone`. Default `time`. */
  readonly slotFormat?: 'time' | 'date'
  /** Default `skip`. */
  readonly overlap?: OverlapPolicy
  /** How long after its time a slot is still fired. Default `1h`. */
  readonly catchup?: Duration
  /** The most by which a slot is fired later than its time. Default 0. */
  readonly jitter?: Duration
  /** ISO 8601 with its zone, or a date, which begins when it begins in `timezone`. No slot is earlier. */
  readonly start?: string
  /** No slot is later. */
  readonly end?: string
  /** Of the runs. Default 0. */
  readonly priority?: number
  readonly tags?: Readonly<Record<string, string>>
}

/** Slots of the past that are to have runs. Dates such as `2015-01-31` begin when they begin in the schedule's time zone. */
export interface BackfillOptions {
  readonly from: Date | string
  /** The first that is not meant any more. */
  readonly to: Date | string
  /** Runs that go on at a time. Default 1. */
  readonly maxParallel?: number
}

/** Slots of one backfill. */
const mostBackfilled = 10_000

type Enqueue<Run> = (pipeline: string, order: SlotOrder) => Promise<Run>

/** Schedules in Redis. Part of a client: `client.schedules`. */
export class Schedules<Run> {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #enqueue: Enqueue<Run>

  constructor(redis: Redis, prefix: string, enqueue: Enqueue<Run>) {
    this.#redis = redis
    this.#prefix = prefix
    this.#enqueue = enqueue
  }

  /** All schedules, by name, with what comes next. @throws InfrastructureError `REDIS_…` */
  async list(): Promise<readonly KnownSchedule[]> {
    return this.#ask('list schedules', async () => {
      const now = await redisTime(this.#redis)
      const all = await readSchedules(this.#redis, this.#prefix)
      return Promise.all(all.map(async (schedule) => this.#known(schedule, now)))
    })
  }

  /**
   * Adds a schedule, or replaces the one with its name. Its slots begin now.
   *
   * @throws UsageError `INVALID_SCHEDULE`; PipelineError `INVALID_NAME`; InfrastructureError `REDIS_…`
   *
   * @example
   * await client.schedules.put('retrain', { pipeline: 'training', cron: '0 3 * * 1', timezone: 'Europe/Berlin' })
   */
  async put(name: string, schedule: ScheduleInput): Promise<void> {
    assertName('schedule', name)
    const parsed = ScheduleSchema.safeParse(schedule)
    if (!parsed.success) {
      throw new UsageError(
        'INVALID_SCHEDULE',
        `Schedule "${name}" is wrong: ${z.prettifyError(parsed.error)}`,
        { hint: 'docs/guides/schedules.md lists every setting.', cause: parsed.error },
      )
    }
    const stored: StoredSchedule = { version: 1, name, source: 'client', ...parsed.data }
    await this.#ask(`put schedule "${name}"`, async () =>
      putSchedule(this.#redis, this.#prefix, stored),
    )
  }

  /** Removes a schedule; its runs go on. @throws UsageError `UNKNOWN_SCHEDULE`; InfrastructureError `REDIS_…` */
  async remove(name: string): Promise<void> {
    await this.#ask(`remove schedule "${name}"`, async () =>
      removeSchedule(this.#redis, this.#prefix, name),
    )
  }

  /** Fires no slot, and begins none that waits, until `resume`. @throws as `remove` */
  async pause(name: string): Promise<void> {
    await this.#ask(`pause schedule "${name}"`, async () =>
      pauseSchedule(this.#redis, this.#prefix, name),
    )
  }

  /** Undoes `pause`. Slots of the time in between are not caught up: `backfill` does that. @throws as `remove` */
  async resume(name: string): Promise<void> {
    await this.#ask(`resume schedule "${name}"`, async () =>
      resumeSchedule(this.#redis, this.#prefix, name),
    )
  }

  /**
   * Enqueues a run now, whatever goes on and whether or not the schedule is paused; its slot is this moment.
   *
   * @throws as `remove`, and as `enqueue` by name
   */
  async trigger(name: string): Promise<Run> {
    const { schedule, now } = await this.#ask(`trigger schedule "${name}"`, async () => ({
      schedule: await readSchedule(this.#redis, this.#prefix, name),
      now: await redisTime(this.#redis),
    }))
    return this.#enqueue(schedule.pipeline, slotOrder(schedule, now, true))
  }

  /**
   * Lets the schedulers run the slots of a time in the past, in order, so many at a time. Slots that have had their run get
   * no other one while its key is kept. `start` and `end` of the schedule do not count.
   *
   * @returns the slots, as ISO 8601 in UTC
   * @throws UsageError `INVALID_BACKFILL`, and as `remove`
   *
   * @example
   * await client.schedules.backfill('retrain', { from: '2015-01-01', to: '2016-01-01', maxParallel: 2 })
   */
  async backfill(name: string, options: BackfillOptions): Promise<readonly string[]> {
    const { maxParallel = 1 } = options
    if (!Number.isInteger(maxParallel) || maxParallel < 1 || maxParallel > 1000)
      throw invalid(`${maxParallel} runs cannot go on at a time.`, 'Give a number from 1 to 1000.')
    return this.#ask(`backfill schedule "${name}"`, async () => {
      const schedule = await readSchedule(this.#redis, this.#prefix, name)
      const slots = backfilled(schedule, options)
      await this.#redis.hset(keys.schedule(this.#prefix, name), 'maxParallel', maxParallel)
      await new Lane(this.#redis, this.#prefix, name, 'backfill').add(slots)
      return slots.map(slotText)
    })
  }

  async #known(schedule: StoredSchedule, now: number): Promise<KnownSchedule> {
    const { name } = schedule
    const lanes = (['slots', 'backfill'] as const).map(
      (lane) => new Lane(this.#redis, this.#prefix, name, lane),
    )
    const [state, ...slots] = await Promise.all([
      readState(this.#redis, this.#prefix, name),
      ...lanes.flatMap((lane) => [lane.running(), lane.waiting()]),
    ])
    const [running = [], waiting = [], filling = [], toFill = []] = slots
    return {
      ...schedule,
      paused: state.paused,
      next: nextSlots(schedule, now, 5).map(slotText),
      running: running.map(slotText),
      waiting: waiting.map(slotText),
      backfill: { running: filling.length, waiting: toFill.length },
      problem: state.problem,
    }
  }

  async #ask<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
    return asking(this.#redis, doing, ask)
  }
}

/** @throws UsageError `INVALID_BACKFILL` */
function backfilled(schedule: StoredSchedule, options: BackfillOptions): readonly number[] {
  const { start, cron, every, timezone } = schedule
  const from = timeOf(options.from, timezone)
  const to = timeOf(options.to, timezone)
  if (!(to > from)) throw invalid('It needs a time and a later one.')
  // An interval goes on being counted from the start.
  const anchor = every === undefined || start === undefined ? {} : { start: start % every }
  const timing = { cron, every, timezone, ...anchor }
  const slots = slotsBetween(timing, from - 1, to - 1, mostBackfilled + 1)
  if (slots.length > mostBackfilled)
    throw invalid(
      `It has more than ${mostBackfilled} slots.`,
      'Split the time into several backfills.',
    )
  return slots
}

/** @throws UsageError `INVALID_BACKFILL` */
function timeOf(time: Date | string, timezone: string): number {
  const found = typeof time === 'string' ? timeIn(time, timezone) : time.getTime()
  if (found !== undefined && !Number.isNaN(found)) return found
  throw invalid(`${JSON.stringify(time)} is neither a date nor a time with its zone.`)
}

function invalid(
  message: string,
  hint: string = 'Give two dates, or times with their zone, such as 2015-01-31T06:00:00Z.',
): UsageError {
  return new UsageError('INVALID_BACKFILL', message, { hint })
}
