import { hostname } from 'node:os'

import { PipewrightError } from '@pipewright/engine'
import {
  shareStore,
  type DatasetStore,
  type Ledger,
  type WorkerProblem,
} from '@pipewright/engine/internal'

import type { WorkerLog } from './log.ts'

/** Milliseconds until the second try; each pause is twice as long as the one before, up to the longest. */
const firstPause = 100
const longestPause = 2000
/** Milliseconds between two lines in the log that say the same. */
const quietFor = 30_000

/** What a proof needs. */
export interface StoreProofOptions {
  readonly ledger: Ledger
  readonly store: DatasetStore
  readonly worker: string
  readonly queues: readonly string[]
  readonly log: WorkerLog
}

/** Proves that a worker shares the store with the others, as often as it takes: until then it must claim nothing. */
export class StoreProof {
  readonly #options: StoreProofOptions
  #id: string | undefined
  #problem: WorkerProblem | undefined
  #told: number | undefined

  constructor(options: StoreProofOptions) {
    this.#options = options
  }

  /** Id of the store, once it is proven. */
  get id(): string | undefined {
    return this.#id
  }

  /** Why it is not, for those who look at the worker. */
  get problem(): WorkerProblem | undefined {
    return this.#problem
  }

  /** Tries once. False when the store is another one, or cannot be reached. */
  async try(): Promise<boolean> {
    const { ledger, store, worker, queues, log } = this.#options
    try {
      const user = { storage: store.storage, worker, host: hostname() }
      this.#id = await shareStore(ledger.redis, ledger.prefix, user)
      if (this.#problem !== undefined)
        log.info({ store: store.storage.url }, 'The store is shared now.')
      this.#problem = undefined
      return true
    } catch (error) {
      // An error of Redis is for the caller: it says nothing about the store.
      if (!(error instanceof PipewrightError)) throw error
      const { code, message, hint } = error
      this.#problem = { code, message, hint, queues }
      const now = performance.now()
      if (this.#told === undefined || now - this.#told > quietFor) {
        log.error({ code, hint }, `Nothing is claimed: ${message}`)
        this.#told = now
      }
      return false
    }
  }

  /** Tries until it is proven. False when it was told to stop before. */
  async proven(signal: AbortSignal): Promise<boolean> {
    for (let pause = firstPause; !signal.aborted; pause = Math.min(longestPause, pause * 2)) {
      if (await this.try().catch(() => false)) return true
      await sleep(pause, signal)
    }
    return false
  }
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = (): void => resolve()
  const timer = setTimeout(wake, milliseconds)
  signal.addEventListener('abort', wake, { once: true })
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', wake)
}
