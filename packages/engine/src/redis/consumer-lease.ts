import { randomUUID } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

import type { Redis } from 'ioredis'

import * as keys from './keys.ts'

/** Extends or deletes the lease only while it is ours. KEYS: lease. ARGV: token, ttl in ms (0 deletes). */
const keep = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`

/**
 * At most one process of a consumer group is active: events of one run must be handled in order.
 * The others stand by and take over when the holder's lease runs out, or at once when it died on the same machine.
 */
export class ConsumerLease {
  readonly #redis: Redis
  readonly #key: string
  readonly #ttl: number
  readonly #place = processPlace()
  readonly #token: string
  #heldUntil = 0

  /** @param ttl How long the lease outlives its holder, in ms. Default 10,000. */
  constructor(redis: Redis, prefix: string, group: string, ttl = 10_000) {
    this.#redis = redis
    this.#key = keys.consumerLease(prefix, group)
    this.#ttl = ttl
    this.#token = `${this.#place}|${process.pid}|${randomUUID()}`
  }

  /** True while this process may act. Checked against a clock that does not jump, so it turns false before another one may start. */
  get held(): boolean {
    return performance.now() < this.#heldUntil
  }

  /** Takes the lease, or extends it; false while another process holds it. */
  async acquire(): Promise<boolean> {
    const asked = performance.now()
    const taken =
      (await this.#redis.eval(keep, 1, this.#key, this.#token, this.#ttl)) === 1 ||
      (await this.#redis.set(this.#key, this.#token, 'PX', this.#ttl, 'NX')) === 'OK'
    if (taken) this.#heldUntil = asked + this.#ttl * 0.9
    else await this.#evictDead()
    return taken
  }

  /** Gives the lease up, so that the next process need not wait. */
  async release(): Promise<void> {
    this.#heldUntil = 0
    await this.#redis.eval(keep, 1, this.#key, this.#token, 0)
  }

  async #evictDead(): Promise<void> {
    const token = await this.#redis.get(this.#key)
    if (token === null) return
    const [place, pid] = token.split('|')
    if (place === this.#place && !isAlive(Number(pid)))
      await this.#redis.eval(keep, 1, this.#key, token, 0)
  }
}

/** Equal in two processes only if they see each other's process ids. */
function processPlace(): string {
  try {
    return `${hostname()}/${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
