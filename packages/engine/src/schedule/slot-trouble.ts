import { InfrastructureError, PipewrightError, UsageError } from '../errors.ts'
import type { LaneName } from './lane.ts'
import { dueAfter } from './slots.ts'
import type { StoredSchedule } from './stored-schedule.ts'

/** A slot is tried for so long at least, in ms: schedules may have no catch-up at all. */
const shortest = 60_000

/** What no service can enqueue until workers have published the pipeline, or published it again. */
const unpublished: ReadonlySet<string> = new Set([
  'UNKNOWN_PIPELINE',
  'PIPELINE_UNREADABLE',
  'PLAN_MISSING',
])

/**
 * Whether a slot that cannot be enqueued is given up, so that later ones are not held up by it:
 *
 * - never for trouble of Redis: nothing else could be enqueued either, and it passes;
 * - for a pipeline that is not published, when the catch-up of its schedule is over; a backfill waits for it;
 * - for anything else, such as wrong params, at the next slot too, and in a backfill at once.
 */
export function isGivenUp(
  error: unknown,
  { schedule, lane, slot }: { schedule: StoredSchedule; lane: LaneName; slot: number },
  now: number,
): boolean {
  const isUnpublished = error instanceof PipewrightError && unpublished.has(error.code)
  if (error instanceof InfrastructureError && !isUnpublished) return false
  if (lane === 'backfill') return !isUnpublished
  const { catchup, jitter } = schedule
  if (now >= slot + jitter + Math.max(catchup, shortest)) return true
  return !isUnpublished && dueAfter(schedule, slot) <= now
}

/** True when another run has the slot's key: its params were others when it was enqueued. */
export function isConflict(error: unknown): boolean {
  return error instanceof UsageError && error.code === 'KEY_CONFLICT'
}

/** True when the slot had its run, which was pruned before its key went. */
export function isPruned(error: unknown): boolean {
  return error instanceof InfrastructureError && error.code === 'RUN_NOT_FOUND'
}
