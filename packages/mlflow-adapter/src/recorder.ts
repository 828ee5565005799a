import { setTimeout as sleep } from 'node:timers/promises'

import type { DeadLetterReason, Event, OutboxEntry } from '@pipewright/engine/internal'

import { MlflowError, reasonOf, RecordingStopped } from './failure.ts'
import type { RecordingContext } from './recording.ts'
import { RunRecorder } from './run-recorder.ts'

/** Where entries go once they are dealt with. */
export interface Ledgerbook {
  ack(ids: readonly string[]): Promise<void>
  reject(id: string, content: string, reason: DeadLetterReason): Promise<void>
  release(ids: readonly string[]): void
}

/** Records entries of the outbox: those of one run in order, different runs side by side. */
export class Recorder {
  readonly #context: RecordingContext
  readonly #book: Ledgerbook
  readonly #runs = new Map<string, RunRecorder>()
  readonly #busy = new Set<Promise<void>>()
  /** Runs of which somebody deleted something in MLflow, as far as it was told. */
  readonly #deleted = new Set<string>()
  #done = 0
  #refused = 0

  constructor(context: RecordingContext, book: Ledgerbook) {
    this.#context = context
    this.#book = book
  }

  /** Entries recorded so far. */
  get done(): number {
    return this.#done
  }

  /** Entries that became dead letters. */
  get refused(): number {
    return this.#refused
  }

  /** Entries that are being recorded. */
  get size(): number {
    return this.#busy.size
  }

  /** Takes an entry. It is acknowledged when MLflow holds all of it. */
  take(entry: OutboxEntry): void {
    const busy = this.#handle(entry).finally(() => this.#busy.delete(busy))
    this.#busy.add(busy)
  }

  /** Records what the ledger says of a run about the time before `moment`, for entries that are gone. */
  async rebuild(run: string, moment: number): Promise<void> {
    const work = this.#persist(run, async () => {
      if (await this.#runOf(run).rebuild(moment)) this.#runs.delete(run)
    })
    const busy = work.catch(() => {}).finally(() => this.#busy.delete(busy))
    this.#busy.add(busy)
    await work
  }

  /** Resolves when fewer than `limit` entries are being recorded. */
  async below(limit: number): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- waits for whichever ends first
    while (this.#busy.size >= limit) await Promise.race(this.#busy)
  }

  /** Sends the metrics that are being collected now. */
  flush(): void {
    for (const run of this.#runs.values()) run.flush()
  }

  /** Gives up what only waits, such as metrics that are being collected. */
  abandon(): void {
    for (const run of this.#runs.values()) run.abandon()
  }

  async #handle({ id, event, isNew }: OutboxEntry): Promise<void> {
    try {
      await this.#record(event, isNew)
    } catch (error) {
      // once another process records, what fails here may be of its making
      const isOver = error instanceof RecordingStopped || !this.#context.active()
      if (isOver || isConnectionEnd(error)) {
        this.#book.release([id])
        return
      }
      if (!(error instanceof MlflowError) || error.code !== 'MLFLOW_RUN_DELETED') {
        await this.#refuse(id, event, error)
        return
      }
      this.#tellDeleted(event, error)
    }
    this.#done++
    try {
      if (event.type === 'run_finished') await this.#close(event)
      await this.#book.ack([id])
    } catch {
      // recorded but not acknowledged: it is read again, and changes nothing
      this.#book.release([id])
    }
  }

  async #record(event: Event, isNew: boolean): Promise<void> {
    let isFirst = isNew && event.type === 'run_created'
    await this.#persist(event.run, async () => {
      const recorder = this.#runOf(event.run, isFirst)
      isFirst = false
      try {
        await recorder.record(event)
      } catch (error) {
        if (!(error instanceof MlflowError) || error.code !== 'MLFLOW_RUN_GONE') throw error
        // the server has another database than before: what it has of the run is asked for, and the rest is made anew
        if (this.#runs.get(event.run) === recorder) this.#runs.delete(event.run)
        await this.#runOf(event.run).record(event)
      }
    })
  }

  /** Nothing follows of the run: what is remembered of it lapses, also when its end found it deleted. */
  async #close({ run, at }: Extract<Event, { type: 'run_finished' }>): Promise<void> {
    this.#runs.delete(run)
    if (!this.#deleted.delete(run)) return
    await this.#context.recorded.save(run, { recorded: String(at) })
    await this.#context.recorded.lapse(run)
  }

  /** Whoever deletes a run in MLflow does not want it. It is no failure, and told once. */
  #tellDeleted({ run }: Event, error: MlflowError): void {
    if (this.#deleted.has(run)) return
    this.#deleted.add(run)
    this.#context.log.warn({ code: error.code, run }, `${error.message}. ${error.hint ?? ''}`)
  }

  async #persist(run: string, action: () => Promise<void>): Promise<void> {
    for (let tries = 0; ; tries++)
      try {
        // oxlint-disable-next-line no-await-in-loop -- a repetition follows a failure
        await action()
        return
      } catch (error) {
        // Redis refuses for a while: loading, read-only after a failover, out of memory
        if (!(error instanceof Error && error.name === 'ReplyError')) throw error
        if (tries === 0) this.#context.log.warn({ run }, `Redis: ${error.message}`)
        // oxlint-disable-next-line no-await-in-loop
        await sleep(Math.min(200 * 2 ** tries, 5000))
      }
  }

  /** `isNew`: nobody was told of the run before. */
  #runOf(run: string, isNew = false): RunRecorder {
    const known = this.#runs.get(run)
    if (known !== undefined) return known
    const recorder = new RunRecorder(this.#context, run, isNew)
    this.#runs.set(run, recorder)
    // the next event of the run tries again to open it
    void this.#forgetUnopened(run, recorder)
    return recorder
  }

  async #forgetUnopened(run: string, recorder: RunRecorder): Promise<void> {
    if (!(await recorder.opened) && this.#runs.get(run) === recorder) this.#runs.delete(run)
  }

  async #refuse(id: string, event: Event, error: unknown): Promise<void> {
    const reason = reasonOf(error)
    this.#refused++
    this.#context.log.error(
      { code: reason.code, run: event.run, event: event.type, entry: id },
      `An event cannot be recorded and is kept as a dead letter: ${reason.message}`,
    )
    try {
      await this.#book.reject(id, JSON.stringify(event), reason)
    } catch {
      this.#book.release([id])
    }
  }
}

/** ioredis ends waiting commands so when the connection is closed for good. */
function isConnectionEnd(error: unknown): boolean {
  return error instanceof Error && error.message === 'Connection is closed.'
}
