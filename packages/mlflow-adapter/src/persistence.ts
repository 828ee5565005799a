import { setTimeout as sleep } from 'node:timers/promises'

import { deferred } from './deferred.ts'
import { MlflowError, RecordingStopped } from './failure.ts'
import type { AdapterLog } from './log.ts'

/** How {@link Persistence} repeats calls. */
export interface PersistenceOptions {
  /** Delay before the first repetition, in ms; it doubles each time. */
  readonly firstDelay: number
  /** Longest delay, in ms. */
  readonly longestDelay: number
  readonly log: AdapterLog
  /** False once this process must not write to MLflow any more. */
  readonly active: () => boolean
  /** Writes something harmless. Resolves when MLflow took it. */
  readonly probe: () => Promise<unknown>
  /** Aborted together with `active` turning false on purpose, to end waits. */
  readonly signal: AbortSignal
}

/** So many failures in a row, over all calls, and only one call at a time tries. */
const failuresToOpen = 5
/** A server that asks to be left alone is, for so many ms at most. */
const longestAsked = 600_000
/** At this much suspicion it is asked whether MLflow takes anything else; if it does, the one call is at fault. */
const patienceWithOneCall = 12

/**
 * Repeats calls to MLflow until they succeed or can never succeed, with jittered, doubling delays.
 * While the server is away one call at a time knocks; the others wait for it.
 */
export class Persistence {
  readonly #options: PersistenceOptions
  #failures = 0
  #knocking: Promise<void> | undefined
  #lastError: MlflowError | undefined
  #troubleSince = 0
  /** The server asked to be left alone until then, by the clock of `performance`. */
  #quietUntil = 0
  /** What recording is paused for was told, and when. */
  #pause: { readonly why: string; readonly since: number } | undefined

  constructor(options: PersistenceOptions) {
    this.#options = options
  }

  /** The error by which MLflow is away just now, undefined while calls succeed. */
  get trouble(): MlflowError | undefined {
    return this.#failures > 0 ? this.#lastError : undefined
  }

  /** Since when, in ms of the clock; undefined while calls succeed. */
  get troubleSince(): number | undefined {
    return this.#failures > 0 ? this.#troubleSince : undefined
  }

  /** False once this process must not write to MLflow any more. */
  get active(): boolean {
    return !this.#options.signal.aborted && this.#options.active()
  }

  /** @throws RecordingStopped, or the MlflowError that no repetition can mend */
  async call<Result>(operation: () => Promise<Result>): Promise<Result> {
    let suspicions = 0
    /** Code of the error by which this call alone failed just now. */
    let alone: string | undefined
    for (let tries = 1; ; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- each try follows the one before
      const done = await this.#turn()
      try {
        this.#checkActive()
        // oxlint-disable-next-line no-await-in-loop
        const result = await operation()
        this.#succeeded()
        return result
      } catch (error) {
        if (!(error instanceof MlflowError)) throw error
        if (!error.retryable) {
          this.#succeeded()
          throw error
        }
        if (alone === error.code) throw error
        alone = undefined
        suspicions += suspicionOf(error)
        if (suspicions >= patienceWithOneCall) {
          suspicions = 0
          // tried once more at once: what stood in its way may have been set right a moment ago
          // oxlint-disable-next-line no-await-in-loop
          if (await this.#takesOthers()) alone = error.code
        }
        // oxlint-disable-next-line no-await-in-loop
        if (alone === undefined) await this.#failed(error, tries)
      } finally {
        done()
      }
    }
  }

  async #takesOthers(): Promise<boolean> {
    try {
      await this.#options.probe()
      this.#succeeded()
      return true
    } catch {
      return false
    }
  }

  #checkActive(): void {
    if (!this.active) throw new RecordingStopped()
  }

  /** Waits until this call may try. The result gives the turn back. */
  async #turn(): Promise<() => void> {
    await this.#quiet()
    while (this.#failures >= failuresToOpen || this.#pause !== undefined) {
      if (this.#knocking === undefined) {
        const { promise, resolve } = deferred()
        this.#knocking = promise
        return () => {
          this.#knocking = undefined
          resolve()
        }
      }
      // oxlint-disable-next-line no-await-in-loop
      await this.#knocking
      // oxlint-disable-next-line no-await-in-loop
      await this.#quiet()
      this.#checkActive()
    }
    return () => {}
  }

  /** Waits while the server wants to be left alone. */
  async #quiet(): Promise<void> {
    for (let left = this.#quietFor(); left > 0; left = this.#quietFor())
      // oxlint-disable-next-line no-await-in-loop -- it may have asked for more meanwhile
      await this.#sleep(left)
  }

  #quietFor(): number {
    return Math.ceil(this.#quietUntil - performance.now())
  }

  #succeeded(): void {
    const { log } = this.#options
    if (this.#pause !== undefined)
      log.info(
        { pausedMs: Math.round(performance.now() - this.#pause.since) },
        'Recording goes on: MLflow lets us in again',
      )
    else if (this.#failures > 0) log.info({ failures: this.#failures }, 'MLflow answers again')
    this.#failures = 0
    this.#pause = undefined
  }

  async #failed(error: MlflowError, tries: number): Promise<void> {
    const { firstDelay, longestDelay } = this.#options
    this.#lastError = error
    if (this.#failures === 0) this.#troubleSince = Date.now()
    this.#failures++
    const ceiling = Math.min(firstDelay * 2 ** (Math.min(tries, 20) - 1), longestDelay)
    const asked = Math.min(error.retryAfter ?? 0, longestAsked)
    if (asked > 0) this.#quietUntil = Math.max(this.#quietUntil, performance.now() + asked)
    const delay = Math.max(asked, ceiling * (0.5 + Math.random() / 2))
    this.#tell(error, delay)
    await this.#sleep(delay)
  }

  #tell(error: MlflowError, delay: number): void {
    const { log } = this.#options
    if (error.pauses) {
      const why = `${error.code} ${error.status ?? ''}`
      if (this.#pause?.why !== why) log.warn({ code: error.code }, pauseText(error))
      this.#pause = { why, since: this.#pause?.since ?? performance.now() }
      return
    }
    // whoever answers otherwise lets us in, though it has other troubles
    if (error.status !== undefined) this.#pause = undefined
    if (this.#failures === 1 || this.#failures % 20 === 0)
      log.warn(
        { code: error.code, failures: this.#failures, nextTryMs: Math.round(delay) },
        error.message,
      )
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#options.signal })
    } catch {
      throw new RecordingStopped()
    }
  }
}

/** The one line that tells of a pause: what happened, and what to do. */
function pauseText({ message, hint = '' }: MlflowError): string {
  return `Recording is paused. ${message.replace(/\.$/, '')}. ${hint}`.trim()
}

/**
 * How much speaks for it that the single call is at fault. Rate limits and TLS never are its fault. Being refused and an
 * unknown route may be that of one kind of call, beside the record: a permission in the registry, a server that is too old.
 */
function suspicionOf({ code, pauses, aside, status }: MlflowError): number {
  if (status === 401 || status === 403 || code === 'MLFLOW_NOT_FOUND')
    return aside ? patienceWithOneCall / 3 : 0
  return pauses || status === 429 ? 0 : 1
}
