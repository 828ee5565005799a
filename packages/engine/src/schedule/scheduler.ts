import type { Redis } from 'ioredis'

import { InfrastructureError, UsageError } from '../errors.ts'
import * as keys from '../redis/keys.ts'
import { redisTime } from '../redis/presence.ts'
import { isTerminal, type Status } from '../run/status.ts'
import { Lane } from './lane.ts'
import { readSchedules, readState, type ScheduleState } from './schedule-store.ts'
import { slotOrder, type SlotRuns } from './slot-run.ts'
import { dueAt, nextSlot, slotText } from './slots.ts'
import type { StoredSchedule } from './stored-schedule.ts'

/** Slots of a schedule that are decided in one turn; the others in the next one, at once. */
const mostSlots = 256
/** Longest time between two turns, in ms. */
const interval = 1000

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

/**
 * Fires the slots of all schedules. Any number of schedulers may be alive: a slot is decided by one script, which keeps that it
 * is to run before its run is enqueued, under a key of its own. Whoever finds such a slot without a run enqueues it.
 */
export class Scheduler {
  readonly #options: SchedulerOptions

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** Fires what is due. @returns milliseconds until the next turn. */
  async turn(): Promise<number> {
    const { redis, prefix, onError } = this.#options
    const now = await (this.#options.now?.() ?? redisTime(redis))
    let wait = interval
    for (const schedule of await readSchedules(redis, prefix)) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other: none is worth a burst
        wait = Math.min(wait, await this.#serve(schedule, now))
      } catch (error) {
        onError(error)
      }
    }
    return Math.max(0, wait)
  }

  async #serve(schedule: StoredSchedule, now: number): Promise<number> {
    const { redis, prefix } = this.#options
    const { name, overlap } = schedule
    const state = await readState(redis, prefix, name)
    if (state === undefined) return interval
    const slots = new Lane(redis, prefix, name, 'slots')
    const backfill = new Lane(redis, prefix, name, 'backfill')
    for (const lane of [slots, backfill]) await this.#settle(schedule, lane, state)
    if (!state.paused) {
      if (overlap === 'cancelRunning') await this.#makeWay(slots, state)
      await this.#promote(schedule, slots, 1)
      await this.#promote(schedule, backfill, state.maxParallel)
      return this.#fire(schedule, slots, state, now)
    }
    return interval
  }

  /** Enqueues what is to run and has no run, and forgets what has ended. */
  async #settle(schedule: StoredSchedule, lane: Lane, state: ScheduleState): Promise<void> {
    const { redis, prefix } = this.#options
    for (const slot of await lane.running()) {
      const run = state.runs[lane.field(slot)]
      if (run === undefined) {
        await this.#enqueue(schedule, lane, slot)
        continue
      }
      const status = await redis.hget(keys.run(prefix, run), 'status')
      const header =
        status ?? ((await redis.exists(keys.run(prefix, run))) === 1 ? 'pending' : null)
      // Headers are written by the ledger's scripts alone.
      if (header === null || isTerminal(header as Status)) await lane.forget(slot)
    }
  }

  /** Under `cancelRunning` a slot that waits ends those that run. */
  async #makeWay(lane: Lane, state: ScheduleState): Promise<void> {
    const [running, waiting] = await Promise.all([lane.running(), lane.waiting()])
    if (waiting.length === 0) return
    for (const slot of running) {
      const run = state.runs[lane.field(slot)]
      if (run !== undefined) await this.#options.runs.cancel(run)
    }
  }

  async #promote(schedule: StoredSchedule, lane: Lane, most: number): Promise<void> {
    if ((await lane.waiting()).length === 0) return
    await lane.promote(most)
    await this.#settleNew(schedule, lane)
  }

  async #settleNew(schedule: StoredSchedule, lane: Lane): Promise<void> {
    const { redis, prefix } = this.#options
    const state = await readState(redis, prefix, schedule.name)
    if (state === undefined) return
    for (const slot of await lane.running())
      if (state.runs[lane.field(slot)] === undefined) await this.#enqueue(schedule, lane, slot)
  }

  /** Decides about the slots that are due. */
  async #fire(
    schedule: StoredSchedule,
    lane: Lane,
    state: ScheduleState,
    now: number,
  ): Promise<number> {
    const { name, overlap, catchup, jitter } = schedule
    let slot = nextSlot(schedule, Math.max(state.cursor, now - catchup - jitter - 1))
    for (let count = 0; slot !== undefined; count += 1) {
      const due = dueAt(name, slot, jitter)
      if (due > now) return Math.min(interval, due - now)
      if (count === mostSlots) return 0
      const verdict = await lane.decide(slot, overlap)
      if (verdict === 'paused' || verdict === 'gone') return interval
      if (verdict === 'run') await this.#enqueue(schedule, lane, slot)
      if (verdict === 'skip') this.#options.onSkipped?.(name, slotText(slot))
      slot = nextSlot(schedule, slot)
    }
    return interval
  }

  async #enqueue(schedule: StoredSchedule, lane: Lane, slot: number): Promise<void> {
    const { redis, prefix, runs, onError } = this.#options
    const state = keys.schedule(prefix, schedule.name)
    const order = slotOrder(schedule, slot)
    try {
      const { id } = await runs.enqueue(schedule.pipeline, order)
      await lane.note(slot, id)
      await redis.hdel(state, 'problem')
    } catch (error) {
      const known = isConflict(error)
        ? await redis.get(keys.idempotency(prefix, order.key))
        : undefined
      // The schedule's params have changed since another scheduler enqueued this slot: it has its run.
      if (known) return lane.note(slot, known)
      // It had its run, which was pruned before its key went.
      if (isPruned(error)) return lane.forget(slot)
      if (error instanceof UsageError) await redis.hset(state, 'problem', error.message)
      onError(error)
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof UsageError && error.code === 'KEY_CONFLICT'
}

function isPruned(error: unknown): boolean {
  return error instanceof InfrastructureError && error.code === 'RUN_NOT_FOUND'
}
