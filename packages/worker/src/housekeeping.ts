import {
  capOutbox,
  chooseRuns,
  defaultKeep,
  defaultOutboxBytes,
  keys,
  pruneRuns,
  sweepPlans,
  sweepRuns,
  type Ledger,
  type RunFiles,
} from '@pipewright/engine/internal'

/** Milliseconds that events are kept for consumers that are away. */
const keptForConsumers = 30 * 86_400_000
/** The same where no consumer has ever come. One that comes later records from the ledger what is kept there. */
const keptForNobody = 86_400_000
/** Ended runs that are looked at with one round trip. */
const page = 500
/** Milliseconds that a plan is kept after the last run of it has gone. */
const planKept = 86_400_000

/** What is kept, and for how long. */
export interface HousekeepingLimits {
  /** Ended runs that are kept at most; null for any number. Default 10,000. */
  readonly keepRuns?: number | null | undefined
  /** Bytes of Redis' memory that events hold which a consumer has not acknowledged. Default 64 MiB. */
  readonly outboxMaxBytes?: number | undefined
}

/** What a {@link Housekeeping} works with. */
export interface HousekeepingOptions extends HousekeepingLimits {
  readonly ledger: Ledger
  readonly files: RunFiles
}

/** Keeps Redis and the store from growing: retention by count, leavings of retention by age, unused plans, the outbox. */
export class Housekeeping {
  readonly #ledger: Ledger
  readonly #files: RunFiles
  readonly #keepRuns: number | null
  readonly #outboxMaxBytes: number

  constructor({ ledger, files, keepRuns, outboxMaxBytes }: HousekeepingOptions) {
    this.#ledger = ledger
    this.#files = files
    this.#keepRuns = keepRuns === undefined ? defaultKeep : keepRuns
    this.#outboxMaxBytes = outboxMaxBytes ?? defaultOutboxBytes
  }

  /** One pass. It ends early once `isStopped`. What one part of it cannot do keeps no other from its work. */
  async pass(isStopped: () => boolean): Promise<void> {
    const { redis, prefix } = this.#ledger
    const parts = [
      // what keeps Redis from filling up goes first
      async () => this.#capOutbox(),
      async () => this.#sweepRuns(isStopped),
      async () => this.#prune(),
      async () => sweepPlans(redis, prefix, planKept),
    ]
    const errors: unknown[] = []
    for (const part of parts) {
      if (isStopped()) break
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, so that Redis serves others in between
        await part()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }

  async #sweepRuns(isStopped: () => boolean): Promise<void> {
    const { redis, prefix } = this.#ledger
    for (let from = 0, first = true; !isStopped() && (first || from > 0); first = false)
      // oxlint-disable-next-line no-await-in-loop -- page after page
      from = (await sweepRuns({ redis, prefix, files: this.#files }, from, page)).next
  }

  async #capOutbox(): Promise<void> {
    const { redis, prefix } = this.#ledger
    const outbox = keys.outbox(prefix)
    if ((await redis.exists(outbox)) === 0) return
    const groups: unknown = await redis.xinfo('GROUPS', outbox)
    const isRead = Array.isArray(groups) && groups.length > 0
    const maxAge = isRead ? keptForConsumers : keptForNobody
    await capOutbox(redis, prefix, { maxBytes: this.#outboxMaxBytes, maxAge })
  }

  async #prune(): Promise<void> {
    const { redis, prefix } = this.#ledger
    const keep = this.#keepRuns
    if (keep === null) return
    if ((await redis.zcard(keys.finishedRuns(prefix))) <= keep) return
    const context = { redis, prefix, files: this.#files, dryRun: false }
    await pruneRuns(context, await chooseRuns(context, { keep }))
  }
}
