import { randomUUID } from 'node:crypto'

import type { Redis } from 'ioredis'

import type { SchedulesConfig } from '../config/schedules-schema.ts'
import { didYouMean } from '../definition/nearest.ts'
import { UsageError } from '../errors.ts'
import * as keys from '../redis/keys.ts'
import { runScript } from '../redis/script.ts'
import { parseSchedule, timingText, type StoredSchedule } from './stored-schedule.ts'

/** How a schedule fares. */
export interface ScheduleState {
  readonly paused: boolean
  /** Why its last slot has no run. */
  readonly problem: string | undefined
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
): Promise<void> {
  await change(redis, prefix, schedule.name, 'put', [
    JSON.stringify(schedule),
    timingText(schedule),
  ])
}

/** Removes a schedule. Its runs go on. @throws UsageError `UNKNOWN_SCHEDULE` */
export async function removeSchedule(redis: Redis, prefix: string, name: string): Promise<void> {
  await changeKnown(redis, prefix, name, 'remove')
}

/** Fires no slot, and begins none that waits. @throws UsageError `UNKNOWN_SCHEDULE` */
export async function pauseSchedule(redis: Redis, prefix: string, name: string): Promise<void> {
  await changeKnown(redis, prefix, name, 'pause')
}

/** Undoes a pause: slots of the time in between are left out. @throws UsageError `UNKNOWN_SCHEDULE` */
export async function resumeSchedule(redis: Redis, prefix: string, name: string): Promise<void> {
  await changeKnown(redis, prefix, name, 'resume')
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
  // Another worker may have removed it meanwhile.
  // oxlint-disable-next-line no-await-in-loop
  for (const { name } of gone) await change(redis, prefix, name, 'remove')
}

export async function readState(
  redis: Redis,
  prefix: string,
  name: string,
): Promise<ScheduleState> {
  const state = keys.schedule(prefix, name)
  const [paused = null, problem = null] = await redis.hmget(state, 'paused', 'problem')
  return { paused: paused !== null, problem: problem ?? undefined }
}

type Change = 'put' | 'remove' | 'pause' | 'resume'

/** @returns false when there is no such schedule */
async function change(
  redis: Redis,
  prefix: string,
  name: string,
  what: Change,
  more: readonly string[] = [],
): Promise<boolean> {
  const args = [name, what, randomUUID(), ...more]
  return (await runScript(redis, 'change-schedule', [prefix], args)) === 1
}

async function changeKnown(
  redis: Redis,
  prefix: string,
  name: string,
  what: Change,
): Promise<void> {
  // What is read only tells the nearest names.
  if (!(await change(redis, prefix, name, what))) await readSchedule(redis, prefix, name)
}
