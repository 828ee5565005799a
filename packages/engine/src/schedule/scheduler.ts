import type { Redis } from 'ioredis'

import * as keys from '../redis/keys.ts'
import { isPassing } from '../redis/redis-error.ts'
import { Lane, laneNames, type LaneName, type Settled } from './lane.ts'
import { ScheduleTable, type Known, type Look } from './schedule-table.ts'
import { slotOrder, type SlotRuns } from './slot-run.ts'
import { isConflict, isGivenUp, isPruned } from './slot-trouble.ts'
import { dueAfter, dueAt, nextSlot, slotText } from './slots.ts'
import type { StoredSchedule } from './stored-schedule.ts'

/** Slots of a schedule that are decided in one turn; the others in the next one, at once. */
const mostSlots = 256
/** Longest time between two turns, in ms. */
const interval = 1000
/** The same after a slot was begun: its run may be a short one, or have ended long ago, and another slot wait for it. */
const soon = 100

/** Options of a `Scheduler`. */
export interface SchedulerOptions {
  readonly redis: Redis
  readonly prefix: string
  readonly runs: SlotRuns
  /** Told of each slot that is skipped. */
  readonly onSkipped?: (schedule: string, slot: string) => void
  /** Told when a schedule's slot cannot have its run, and when a turn of it fails. */
  readonly onError: (error: unknown) => void
  /** Ms since 1970. Default: the clock of Redis. */
  readonly now?: () => Promise<number>
}

/** A lane that is asked what is to be done. */
interface Settling {
  readonly schedule: StoredSchedule
  readonly lane: Lane
  readonly settled: Promise<Settled>
}

/**
 * Fires the slots of all schedules. Any number of schedulers may be alive: a slot is decided by one script, which keeps that it
 * is to run before its run is enqueued, under a key of its own. Whoever finds such a slot without a run enqueues it.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #table: ScheduleTable

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#table = new ScheduleTable(options.redis, options.prefix, options.onError)
  }

  /** Fires what is due. @returns milliseconds until the next turn. */
  async turn(): Promise<number> {
    const { now, busy } = await this.#look()
    let wait = interval
    const failed = new Set<StoredSchedule>()
    for (const { schedule, lane, settled } of await this.#settle(busy)) {
      try {
        if (await this.#begin(schedule, lane, await settled, now)) wait = soon
      } catch (error) {
        failed.add(schedule)
        this.#options.onError(error)
      }
    }
    for (const known of this.#table.all) {
      if (failed.has(known.schedule)) continue
      try {
        if (known.due <= now) await this.#fire(known, now)
        wait = Math.min(wait, known.due - now)
      } catch (error) {
        this.#options.onError(error)
      }
    }
    return Math.max(0, wait)
  }

  async #look(): Promise<Look> {
    const look = await this.#table.look()
    return { ...look, now: (await this.#options.now?.()) ?? look.now }
  }

  /** Settles all lanes in which something runs or waits, at once: there may be many. */
  async #settle(busy: ReadonlySet<string>): Promise<readonly Settling[]> {
    const settling = [...this.#table.all].flatMap(({ schedule }) =>
      laneNames
        .filter((name) => busy.has(`${name}/${schedule.name}`))
        .map((name) => {
          const lane = this.#lane(schedule, name)
          return { schedule, lane, settled: lane.settle(schedule.overlap) }
        }),
    )
    await Promise.allSettled(settling.map(({ settled }) => settled))
    return settling
  }

  /** Enqueues what is to run and has no run. @returns whether a slot has its run now */
  async #begin(
    schedule: StoredSchedule,
    lane: Lane,
    { open, cancel }: Settled,
    now: number,
  ): Promise<boolean> {
    for (const run of cancel) await this.#options.runs.cancel(run)
    let hasBegun = false
    for (const slot of open) hasBegun = (await this.#enqueue(schedule, lane, slot, now)) || hasBegun
    return hasBegun
  }

  /** Decides about the slots that are due, and enqueues those that run. */
  async #fire(known: Known, now: number): Promise<void> {
    const { schedule } = known
    const { name, overlap, catchup, jitter } = schedule
    const from = Math.max(known.after, now - catchup - jitter - 1)
    const slots = dueSlots(schedule, from, now)
    const lane = this.#lane(schedule, 'slots')
    const verdicts = slots.length === 0 ? [] : await lane.decide(slots, overlap)
    if (verdicts[0] === 'paused' || verdicts[0] === 'gone') {
      // Until it is changed, which gives the schedules another revision.
      known.due = Infinity
      return
    }
    for (const [at, slot] of slots.entries()) {
      if (verdicts[at] === 'run') await this.#enqueue(schedule, lane, slot, now)
      if (verdicts[at] === 'skip') this.#options.onSkipped?.(name, slotText(slot))
    }
    known.after = slots.at(-1) ?? from
    known.due = dueAfter(schedule, known.after)
  }

  /** @returns whether the slot has its run now */
  async #enqueue(
    schedule: StoredSchedule,
    lane: Lane,
    slot: number,
    now: number,
  ): Promise<boolean> {
    const order = slotOrder(schedule, slot)
    try {
      const { id } = await this.#options.runs.enqueue(schedule.pipeline, order)
      await lane.note(slot, id)
      return true
    } catch (error) {
      const { redis, prefix, onError } = this.#options
      const other = isConflict(error) && (await redis.get(keys.idempotency(prefix, order.key)))
      if (other) {
        // The schedule's params have changed since another scheduler enqueued this slot: it has its run.
        await lane.note(slot, other)
        return true
      }
      // Nothing can be noted either; the next turn tries again.
      if (isPassing(error)) throw error
      const message = error instanceof Error ? error.message : String(error)
      const where = { schedule, lane: lane.name, slot }
      if (isPruned(error)) await lane.drop(slot)
      else if (isGivenUp(error, where, now))
        await lane.drop(slot, `Slot ${slotText(slot)} has no run: ${message}`)
      else await lane.trouble(slot, `Slot ${slotText(slot)} waits for its run: ${message}`)
      if (!isPruned(error)) onError(error)
      return false
    }
  }

  #lane({ name }: StoredSchedule, lane: LaneName): Lane {
    return new Lane(this.#options.redis, this.#options.prefix, name, lane)
  }
}

/** The first slots after a time that are due. */
function dueSlots(schedule: StoredSchedule, after: number, now: number): readonly number[] {
  const slots: number[] = []
  let slot = nextSlot(schedule, after)
  while (slot !== undefined && slots.length < mostSlots) {
    if (dueAt(schedule.name, slot, schedule.jitter) > now) break
    slots.push(slot)
    slot = nextSlot(schedule, slot)
  }
  return slots
}
