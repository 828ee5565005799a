import type { Observer } from '@pipewright/engine/internal'

import { eachOf } from './each-of.ts'
import { reasonOf, RecordingStopped } from './failure.ts'
import type { AdapterLog } from './log.ts'
import type { Recorder } from './recorder.ts'

/** Runs that are rebuilt at a time; what is new in the outbox goes on beside them. */
const runsAtOnce = 4
/** Clocks of workers and of Redis differ by this many ms at most. What is recorded twice is stored once. */
const margin = 60_000

/** What a {@link Rebuild} works with. */
export interface RebuildOptions {
  readonly observer: Observer
  readonly recorder: Recorder
  readonly log: AdapterLog
  readonly active: () => boolean
}

/**
 * Records from the ledger what the outbox no longer tells: it had outgrown its limit before it was read. Every run that was
 * there then and is still kept is recorded as far as it had come; later events follow in the outbox. Attempts that were
 * tried again, and all but the last values of metrics, were told by events alone.
 */
export class Rebuild {
  readonly #options: RebuildOptions
  #underWay: Promise<void> | undefined
  #nextTry = 0

  constructor(options: RebuildOptions) {
    this.#options = options
  }

  /** Begins, when entries are missing, and goes on beside the caller. A process that dies leaves it to the next. */
  async begin(): Promise<void> {
    if (this.#underWay !== undefined || performance.now() < this.#nextTry) return
    const gap = await this.#options.observer.outbox.gap()
    if (gap === undefined) return
    this.#underWay = this.#rebuild(gap)
      .catch((error: unknown) => {
        if (!(error instanceof RecordingStopped) && this.#options.active())
          this.#options.log.warn({ error: String(error) }, 'Rebuilding begins again')
        this.#nextTry = performance.now() + 1000
      })
      .finally(() => {
        this.#underWay = undefined
      })
  }

  async #rebuild(gap: string): Promise<void> {
    const { observer, recorder, log, active } = this.#options
    const { ledger, outbox, recorded } = observer
    const moment = Number(gap.split('-')[0]) + margin
    const ended = await ledger.endedBefore(moment)
    const runs = [...ended, ...(await ledger.activeBefore(moment))]
    log.warn(
      { runs: runs.length, before: new Date(moment - margin).toISOString() },
      'The outbox had outgrown its limit: runs are recorded from the ledger',
    )
    let rebuilt = 0
    await eachOf(runs, runsAtOnce, async (run) => {
      if (!active()) throw new RecordingStopped()
      if (await recorded.isComplete(run)) return
      try {
        await recorder.rebuild(run, moment)
        rebuilt++
      } catch (error) {
        if (error instanceof RecordingStopped || !active()) throw error
        const { code, message } = reasonOf(error)
        log.error({ code, run }, `A run cannot be recorded from the ledger: ${message}`)
      }
    })
    if (!active()) throw new RecordingStopped()
    await outbox.closeGap(gap)
    log.info({ runs: rebuilt }, 'What the outbox had lost is recorded')
  }
}
