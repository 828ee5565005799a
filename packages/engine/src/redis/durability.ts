import type { Redis } from 'ioredis'
import * as z from 'zod'

import { InfrastructureError } from '../errors.ts'
import { Barrier, openWaiting } from './barrier.ts'
import type { DurabilityOptions } from './durability-options.ts'
import * as keys from './keys.ts'
import { markRetention, readPersistence, type Persistence } from './persistence.ts'

/** Tells when writes of one connection are durable. */
export interface Durability {
  /** False when writes count as soon as Redis has them. */
  readonly isStrict: boolean
  /**
   * Does nothing when the server can do what is asked.
   *
   * @throws InfrastructureError `DURABILITY_UNAVAILABLE`
   */
  assertAvailable(): Promise<void>
  /** Take it before the first write of what is to be durable. */
  mark(): Mark
  /**
   * Waits until everything that the connection was answered between `mark` and now is durable. False when it went to another
   * server meanwhile, or the same one has restarted: what was written may be gone. Do it again, with a mark of its own.
   *
   * @throws when it cannot be told now: ask again
   */
  reached(mark: Mark): Promise<boolean>
  /** Ends all waiting with an error. */
  close(): void
}

/** One stretch of a connection, from one loss of it to the next. */
export type Mark = number

/** Writes count as soon as Redis has them. */
const immediate: Durability = {
  isStrict: false,
  assertAvailable: async () => Promise.resolve(),
  mark: () => 0,
  reached: async () => Promise.resolve(true),
  close: () => undefined,
}

/** Opens what the options ask for, on the connection that writes. Nothing is sent yet. */
export function openDurability(
  redis: Redis,
  prefix: string,
  { durability = 'default', replicas = 0 }: DurabilityOptions,
): Durability {
  return durability === 'strict' ? new StrictDurability(redis, prefix, replicas) : immediate
}

/** What this server takes to make a write durable. */
interface Means {
  readonly identity: string
  /** True when a reply says it by itself, for the file is synced before it is sent. */
  readonly byReply: boolean
  /** When it was found out, by the monotonic clock. */
  readonly at: number
}

type WaitReply = [local: number, replicas: number]
const WaitReply: z.ZodType<WaitReply> = z.tuple([z.number(), z.number()])

/** Milliseconds after which a server that syncs before it replies is asked whether it still does. */
const meansHold = 2000

class StrictDurability implements Durability {
  readonly isStrict = true
  readonly #redis: Redis
  readonly #prefix: string
  readonly #replicas: number
  readonly #barrier: Barrier
  #stretch = 0
  #means: Promise<Means> | undefined
  /** What `#means` came to. */
  #known: Means | undefined
  readonly #onClose = (): void => {
    this.#stretch += 1
    this.#forget()
  }

  constructor(redis: Redis, prefix: string, replicas: number) {
    this.#redis = redis
    this.#prefix = prefix
    this.#replicas = replicas
    this.#barrier = new Barrier(redis, prefix, replicas)
    redis.on('close', this.#onClose)
  }

  async assertAvailable(): Promise<void> {
    await this.#ask()
  }

  mark(): Mark {
    return this.#stretch
  }

  async reached(mark: Mark): Promise<boolean> {
    let means = await this.#ask()
    if (means.byReply && performance.now() - means.at > meansHold) {
      const before = means
      // Of all who find it too old, the first one asks.
      if (this.#known === before) this.#forget()
      means = await this.#ask()
      if (means.identity !== before.identity) return false
    }
    if (this.#stretch !== mark) return false
    if (means.byReply && this.#replicas === 0) return true
    let passed = false
    try {
      passed = await this.#barrier.pass(means)
    } finally {
      if (!passed) this.#forget()
    }
    // Nothing was lost in between: the same connection to the same process, with the same history.
    return passed && this.#stretch === mark
  }

  close(): void {
    this.#redis.off('close', this.#onClose)
    this.#barrier.close()
  }

  async #find(): Promise<Means> {
    const found = await readPersistence(this.#redis)
    if (!found.hasFile || found.sync !== undefined) return meansOf(found, this.#replicas)
    const sync = (await isSyncedEachSecond(this.#redis, this.#prefix)) ? 'everysec' : undefined
    return meansOf({ ...found, sync }, this.#replicas)
  }

  /** Once for each stretch of the connection, for a reconnect may lead to another server. */
  async #ask(): Promise<Means> {
    if (this.#means !== undefined) return this.#means
    const asked = this.#find()
    this.#means = asked
    try {
      const known = await asked
      if (this.#means === asked) this.#known = known
      return known
    } catch (error) {
      if (this.#means === asked) this.#forget()
      throw error
    }
  }

  #forget(): void {
    this.#means = undefined
    this.#known = undefined
  }
}

/** @throws InfrastructureError `DURABILITY_UNAVAILABLE` */
function meansOf({ identity, hasFile, sync }: Persistence, replicas: number): Means {
  const at = performance.now()
  const isSynced = hasFile && sync !== 'no'
  if (!isSynced && replicas > 0) return { identity, byReply: true, at }
  const lack = hasFile ? lackOf(sync) : 'it has no append-only file'
  if (lack === undefined) return { identity, byReply: sync === 'always', at }
  throw new InfrastructureError(
    'DURABILITY_UNAVAILABLE',
    `This Redis cannot do what "durability: strict" promises: ${lack}.`,
    {
      hint: 'Any one of three: "appendonly yes" with "appendfsync always" (or everysec) on the server; replicas, and how many of them must have each write (redis.replicas); "durability: default".',
    },
  )
}

/**
 * For a user who may not ask for settings. WAITAOF never counts a file as synced that the server leaves to the operating
 * system; how early it counts the others does not matter here.
 */
async function isSyncedEachSecond(redis: Redis, prefix: string): Promise<boolean> {
  const waiting = openWaiting(redis)
  try {
    await waiting.set(keys.barrier(prefix), 1, 'PX', markRetention)
    const [local] = WaitReply.parse(await waiting.call('WAITAOF', 1, 0, 2000))
    return local === 1
  } catch (error) {
    // Before 7.2 there is no WAITAOF, and some users may not call it.
    if (error instanceof Error && error.name === 'ReplyError') return false
    throw error
  } finally {
    waiting.disconnect()
  }
}

function lackOf(sync: string | undefined): string | undefined {
  if (sync === 'always' || sync === 'everysec') return undefined
  return sync === undefined
    ? 'this user may not ask when its file is synced (CONFIG GET)'
    : `its append-only file is never synced on purpose (appendfsync ${sync})`
}
