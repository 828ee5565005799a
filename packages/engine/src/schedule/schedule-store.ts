import type { Redis } from 'ioredis'

import type { SchedulesConfig } from '../config/schedules-schema.ts'
import { didYouMean } from '../definition/nearest.ts'
import { UsageError } from '../errors.ts'
import * as keys from '../redis/keys.ts'
import { redisTime } from '../redis/presence.ts'
import { forward } from './lane-scripts.ts'
import { Lane } from './lane.ts'
import { parseSchedule, sameTiming, type StoredSchedule } from './stored-schedule.ts'

/** How far a schedule has come. */
export interface ScheduleState {
  /** No slot up to this time is decided any more. */
  readonly cursor: number
  readonly paused: boolean
  /** Why its last slot has no run. */
  readonly problem: string | undefined
  /** Slots of a backfill that run at a time. */
  readonly maxParallel: number
  /** Run ids of slots, by `Lane.field`. */
  readonly runs: Readonly<Record<string, string>>
}

/** All schedules, by name. */
export async function readSchedules(
  redis: Redis,
  prefix: string,
): Promise<readonly StoredSchedule[]> {
  const texts = Object.values(await redis.hgetall(keys.schedules(prefix)))
  return texts
    .flatMap((text) => parseSchedule(text) ?? [])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** @throws UsageError `UNKNOWN_SCHEDULE` */
export async function readSchedule(
  redis: Redis,
  prefix: string,
  name: string,
): Promise<StoredSchedule> {
  const text = await redis.hget(keys.schedules(prefix), name)
  const found = text === null ? undefined : parseSchedule(text)
  if (found !== undefined) return found
  const known = await redis.hkeys(keys.schedules(prefix))
  throw new UsageError('UNKNOWN_SCHEDULE', `There is no schedule "${name}".`, {
    hint:
      known.length === 0
        ? 'Workers publish those of conf/base/schedules.yml when they start: start one, or check that this is its Redis and prefix.'
        : didYouMean(name, known, 'schedules'),
  })
}

/**
 * Writes a schedule in place of the one with its name. It has no slots before this moment; when its times are those that it
 * had, it goes on where it was, so what fell into a downtime is caught up.
 */
export async function putSchedule(
  redis: Redis,
  prefix: string,
  schedule: StoredSchedule,
  now?: number,
): Promise<void> {
  const { name } = schedule
  const text = await redis.hget(keys.schedules(prefix), name)
  const before = text === null ? undefined : parseSchedule(text)
  const goesOn = before !== undefined && sameTiming(before, schedule)
  const state = keys.schedule(prefix, name)
  // Before the schedule: one without a cursor would begin in 1970.
  if (goesOn) await redis.hsetnx(state, 'cursor', now ?? (await redisTime(redis)))
  else await redis.eval(forward, 1, state, now ?? (await redisTime(redis)), '')
  await redis.hset(keys.schedules(prefix), name, JSON.stringify(schedule))
}

/** Removes a schedule. Its runs go on. */
export async function removeSchedule(redis: Redis, prefix: string, name: string): Promise<void> {
  await redis.hdel(keys.schedules(prefix), name)
  await redis.unlink(keys.schedule(prefix, name))
  for (const lane of ['slots', 'backfill'] as const)
    // oxlint-disable-next-line no-await-in-loop -- two
    await new Lane(redis, prefix, name, lane).clear()
}

/** Publishes those of a project that are not in Redis: one that came back empty knows none. */
export async function restoreSchedules(
  redis: Redis,
  prefix: string,
  schedules: SchedulesConfig,
  env: string,
): Promise<void> {
  for (const [name, schedule] of Object.entries(schedules)) {
    // oxlint-disable-next-line no-await-in-loop -- a handful
    if ((await redis.hexists(keys.schedules(prefix), name)) === 1) continue
    // oxlint-disable-next-line no-await-in-loop
    await putSchedule(redis, prefix, { version: 1, name, source: `conf/${env}`, ...schedule })
  }
}

/** Makes the schedules of a project's `schedules.yml` those that it has now; others stay as they are. */
export async function publishSchedules(
  redis: Redis,
  prefix: string,
  schedules: SchedulesConfig,
  env: string,
): Promise<void> {
  const source = `conf/${env}`
  for (const [name, schedule] of Object.entries(schedules))
    // oxlint-disable-next-line no-await-in-loop -- a handful, once
    await putSchedule(redis, prefix, { version: 1, name, source, ...schedule })
  const known = await readSchedules(redis, prefix)
  const gone = known.filter((each) => each.source === source && !(each.name in schedules))
  // oxlint-disable-next-line no-await-in-loop
  for (const { name } of gone) await removeSchedule(redis, prefix, name)
}

export async function readState(
  redis: Redis,
  prefix: string,
  name: string,
): Promise<ScheduleState | undefined> {
  const fields = await redis.hgetall(keys.schedule(prefix, name))
  const { cursor, paused, problem, maxParallel, ...runs } = fields
  if (cursor === undefined) return undefined
  return {
    cursor: Number(cursor),
    paused: paused !== undefined,
    problem,
    maxParallel: Number(maxParallel ?? 1),
    runs,
  }
}
