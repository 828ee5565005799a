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
const longestAsked = 60_000
/** After so many failures of one call it is asked whether MLflow takes anything else; if it does, the call is at fault. */
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

  constructor(options: PersistenceOptions) {
    this.#options = options
  }

  /** The error by which MLflow is away just now, undefined while calls succeed. */
  get trouble(): MlflowError | undefined {
    return this.#failures > 0 ? this.#lastError : undefined
  }

  /** False once this process must not write to MLflow any more. */
  get active(): boolean {
    return !this.#options.signal.aborted && this.#options.active()
  }

  /** @throws RecordingStopped, or the MlflowError that no repetition can mend */
  async call<Result>(operation: () => Promise<Result>): Promise<Result> {
    let suspicions = 0
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
        if (isSuspect(error)) suspicions++
        // oxlint-disable-next-line no-await-in-loop
        if (suspicions >= patienceWithOneCall && (await this.#takesOthers())) throw error
        // oxlint-disable-next-line no-await-in-loop
        await this.#failed(error, tries)
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
    while (this.#failures >= failuresToOpen) {
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
      this.#checkActive()
    }
    return () => {}
  }

  #succeeded(): void {
    if (this.#failures > 0)
      this.#options.log.info({ failures: this.#failures }, 'MLflow answers again')
    this.#failures = 0
  }

  async #failed(error: MlflowError, tries: number): Promise<void> {
    const { log, firstDelay, longestDelay, signal } = this.#options
    this.#lastError = error
    this.#failures++
    const ceiling = Math.min(firstDelay * 2 ** (Math.min(tries, 20) - 1), longestDelay)
    const asked = Math.min(error.retryAfter ?? 0, longestAsked)
    const delay = Math.max(asked, ceiling * (0.5 + Math.random() / 2))
    if (this.#failures === 1 || this.#failures % 20 === 0)
      log.warn(
        { code: error.code, failures: this.#failures, nextTryMs: Math.round(delay) },
        error.message,
      )
    try {
      await sleep(delay, undefined, { signal })
    } catch {
      throw new RecordingStopped()
    }
  }
}

/** Refused access and rate limits are never the single call's fault. */
function isSuspect({ code, status }: MlflowError): boolean {
  return code !== 'MLFLOW_DENIED' && code !== 'MLFLOW_NOT_FOUND' && status !== 429
}
