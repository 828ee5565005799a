import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { OverlapPolicy } from '../config/schedules-schema.ts'
import * as keys from '../redis/keys.ts'
import type { ScriptName } from '../redis/script-text.ts'
import { runScript } from '../redis/script.ts'

/** Slots that come by themselves, and those of a backfill, are kept apart: neither waits for the other. */
export const laneNames = ['slots', 'backfill'] as const
export type LaneName = (typeof laneNames)[number]

export type Verdict = 'run' | 'wait' | 'skip' | 'past' | 'paused' | 'gone'

const Verdicts: z.ZodType<readonly Verdict[]> = z.array(
  z.enum(['run', 'wait', 'skip', 'past', 'paused', 'gone']),
)

/** What is to be done for a lane. */
export interface Settled {
  /** Slots that are to have a run and have none. */
  readonly open: readonly number[]
  /** Runs that are to be cancelled. */
  readonly cancel: readonly string[]
}

const SettleReply: z.ZodType<[next: string, cancel: string[], open: string[]]> = z.tuple([
  z.string(),
  z.array(z.string()),
  z.array(z.string()),
])

/** Slots that wait at most under `bufferAll`. */
const mostWaiting = 1000

/** Slots of a schedule that run and that wait. */
export class Lane {
  readonly name: LaneName
  readonly #redis: Redis
  readonly #prefix: string
  readonly #schedule: string

  constructor(redis: Redis, prefix: string, schedule: string, name: LaneName) {
    this.name = name
    this.#redis = redis
    this.#prefix = prefix
    this.#schedule = schedule
  }

  /**
   * Decides about slots in the order of time, each once, whoever asks. Those of a backfill are not asked about.
   *
   * @returns a verdict for each, or one alone: `paused` or `gone`
   */
  async decide(slots: readonly number[], policy: OverlapPolicy): Promise<readonly Verdict[]> {
    return Verdicts.parse(await this.#call('decide-slots', [policy, mostWaiting, ...slots]))
  }

  /** Forgets slots whose run has ended, and lets those that wait run when there is room. */
  async settle(policy: OverlapPolicy): Promise<Settled> {
    const cancel: string[] = []
    const open: number[] = []
    for (let after = '-inf'; after !== '';) {
      // oxlint-disable-next-line no-await-in-loop -- page after page
      const reply = await this.#call('settle-slots', [this.name, policy, after])
      const [next, runs, slots] = SettleReply.parse(reply)
      cancel.push(...runs)
      open.push(...slots.map(Number))
      after = next
    }
    return { open, cancel }
  }

  /** Notes the run of a slot, unless the slot is gone. */
  async note(slot: number, run: string): Promise<void> {
    await this.#call('note-slot', [this.name, slot, 'run', run])
  }

  /** Notes why a slot has no run yet. */
  async trouble(slot: number, problem: string): Promise<void> {
    await this.#call('note-slot', [this.name, slot, 'trouble', problem])
  }

  /** Forgets a slot that will have no run, or no other one. @param problem Why. Default: there is nothing to say. */
  async drop(slot: number, problem: string = ''): Promise<void> {
    await this.#call('note-slot', [this.name, slot, 'none', problem])
  }

  /** Slots that are to run, in the order of time. */
  async add(slots: readonly number[]): Promise<void> {
    if (slots.length === 0) return
    for (let first = 0; first < slots.length; first += 500) {
      const part = slots.slice(first, first + 500).flatMap((slot) => [slot, String(slot)])
      // oxlint-disable-next-line no-await-in-loop -- so that Redis serves others in between
      await this.#redis.zadd(keys.slotsWaiting(this.#prefix, this.#schedule, this.name), ...part)
    }
    await this.#redis.sadd(keys.busyLanes(this.#prefix), `${this.name}/${this.#schedule}`)
  }

  async running(): Promise<readonly number[]> {
    const key = keys.slotsRunning(this.#prefix, this.#schedule, this.name)
    return (await this.#redis.zrange(key, '0', '-1')).map(Number)
  }

  async waiting(): Promise<readonly number[]> {
    const key = keys.slotsWaiting(this.#prefix, this.#schedule, this.name)
    return (await this.#redis.zrange(key, '0', '-1')).map(Number)
  }

  async #call(script: ScriptName, values: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.#redis, script, [this.#prefix], [this.#schedule, ...values])
  }
}
