import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

import {
  beat,
  beatEvery,
  redisTime,
  removeWorker,
  type Amounts,
  type Ledger,
  type ServedQueue,
} from '@pipewright/engine/internal'
import * as z from 'zod'

import type { StoreProof } from './store-proof.ts'

/** Beats between two sweeps of workers that are long lost: about a minute. */
const sweepEvery = 30

/** What a worker says of itself, and of its queues at each beat. */
export interface PresenceOptions {
  readonly ledger: Ledger
  readonly name: string
  /** Milliseconds of a claim without renewal. */
  readonly lease: number
  /** Milliseconds between two looks for lost workers. */
  readonly checkEvery: number
  readonly queues: () => readonly ServedQueue[]
  /** What it offers to nodes that ask for resources. */
  readonly offer: Amounts
  /** Fingerprint of the code of its nodes; undefined when it is not known. */
  readonly code: string | undefined
  /** Its pipelines with the hashes of their plans. */
  readonly pipelines: Readonly<Record<string, string>> | undefined
  /** Whether it shares the store: a worker that does not claims nothing. */
  readonly proof: StoreProof
  readonly onError: (error: unknown) => void
}

/**
 * Tells others that this worker is alive and what it does, each two seconds. Nothing depends on it but what
 * people are told: leases say whether a node run is lost.
 */
export class Presence {
  readonly #options: PresenceOptions
  /** Names need not be unique, so an id is made of the name. */
  readonly #id: string
  readonly #startedAt = Date.now()
  readonly #timer: NodeJS.Timeout
  /** The clock of Redis minus the worker's. */
  #offset: number | undefined
  #beats = 0
  #underWay: Promise<void> | undefined
  #stopped = false

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#id = `${options.name}~${randomBytes(4).toString('hex')}`
    this.#timer = setInterval(() => this.#beat(), beatEvery)
    this.#beat()
  }

  /** Beats no more, and is forgotten at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#underWay
    const { redis, prefix } = this.#options.ledger
    await removeWorker(redis, prefix, this.#id).catch(this.#options.onError)
  }

  /** One at a time: while Redis does not answer, beats must not pile up. */
  #beat(): void {
    this.#underWay ??= this.#tell()
      .catch(this.#options.onError)
      .finally(() => {
        this.#underWay = undefined
      })
  }

  async #tell(): Promise<void> {
    const { ledger, name, lease, checkEvery, queues, offer, code, pipelines, proof } = this.#options
    this.#offset ??= (await redisTime(ledger.redis)) - Date.now()
    if (this.#stopped) return
    const presence = {
      id: this.#id,
      name,
      host: hostname(),
      pid: process.pid,
      version: version(),
      startedAt: this.#startedAt + this.#offset,
      lease,
      checkEvery,
      queues: queues(),
      resources: offer,
      code,
      pipelines,
      store: proof.id,
      problem: proof.problem,
    }
    const now = Date.now() + this.#offset
    const sweep = this.#beats % sweepEvery === 0
    this.#beats += 1
    const time = await beat(ledger.redis, ledger.prefix, presence, now, sweep)
    this.#offset = time - Date.now()
  }
}

const Package: z.ZodType<{ readonly version: string }> = z.object({ version: z.string() })
let known: string | undefined

/** The version of this package. */
function version(): string {
  known ??= Package.parse(
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
  ).version
  return known
}
