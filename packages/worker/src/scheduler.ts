import { Client } from '@pipewright/engine/client'
import {
  publishSchedules,
  restoreSchedules,
  Scheduler,
  type Durability,
  type Ledger,
} from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import { QuietLog, type WorkerLog } from './log.ts'
import type { WorkerOnOptions } from './worker-settings.ts'

/** Milliseconds until the next turn after one that failed. */
const afterFailure = 1000

/** Publishes a project's schedules, and again what is gone after Redis was away. */
export async function openSchedules(
  { redis, prefix, log }: { redis: Redis; prefix: string; log: WorkerLog },
  { all, env }: NonNullable<WorkerOnOptions['schedules']>,
): Promise<void> {
  await publishSchedules(redis, prefix, all, env)
  redis.on('ready', () => {
    restoreSchedules(redis, prefix, all, env).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'Schedules could not be published again.')
    })
  })
}

/** Fires all schedules that there are. */
export function startScheduler(
  ledger: Ledger,
  durability: Durability,
  log: WorkerLog,
): SchedulerLoop {
  const { redis, prefix } = ledger
  const client = new Client(ledger, durability)
  const onError = new QuietLog(log).report
  const scheduler = new Scheduler({
    redis,
    prefix,
    onError,
    onSkipped: (schedule, slot) => log.info({ schedule, slot }, 'A slot was skipped.'),
    runs: {
      enqueue: async (pipeline, order) => client.enqueue(pipeline, order),
      cancel: async (id) => {
        await (await client.run(id)).cancel()
      },
    },
  })
  return new SchedulerLoop(scheduler, onError)
}

/** Turns a scheduler while a worker is alive. Every worker may have one: slots have one run whoever fires them. */
export class SchedulerLoop {
  readonly #scheduler: Scheduler
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(scheduler: Scheduler, onError: (error: unknown) => void) {
    this.#scheduler = scheduler
    this.#onError = onError
    this.#wakeIn(0)
  }

  /** Begins no further turn. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #wakeIn(milliseconds: number): void {
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#turn(), milliseconds)
  }

  async #turn(): Promise<void> {
    let wait = afterFailure
    try {
      wait = await this.#scheduler.turn()
    } catch (error) {
      // What the end of the connection cuts is nobody's trouble.
      if (!this.#stopped) this.#onError(error)
    }
    this.#wakeIn(wait)
  }
}
