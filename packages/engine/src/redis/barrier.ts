import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import { InfrastructureError } from '../errors.ts'
import * as keys from './keys.ts'
import { identityOf, markRetention, readPersistence, type Persistence } from './persistence.ts'

/** What is known of the server before a barrier. */
export interface BarrierServer {
  readonly identity: string
  /** True when the server's own disk has what it has answered; only replicas are asked then. */
  readonly byReply: boolean
}

/** Milliseconds between two barriers that begin: who comes in between shares the next one. */
const gap = 25
/** Milliseconds after which a barrier gives up and says why; those who wait ask again. */
const limit = 4000
/** Milliseconds between two questions while a sync is under way. */
const pause = 10
/** With `everysec`, a sync is begun when the last one was begun so long ago. */
const syncInterval = 1000
/** More than timers of both sides are off by. */
const margin = 20
/** Milliseconds that one WAIT may take: less than after which a silent socket counts as dead. */
const waitLimit = 1000

/**
 * Barriers of one connection. A barrier is passed when everything that the connection was answered before is on the server's
 * disk, and on as many replicas as asked for. All who come while one gathers share it, and several may be under way.
 */
export class Barrier {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #replicas: number
  /** WAIT holds up its connection, and every commit would stand behind it. */
  #waiting: Redis | undefined
  readonly #gathering = new Map<string, Promise<boolean>>()
  #begun = -Infinity
  readonly #closed = new AbortController()

  constructor(redis: Redis, prefix: string, replicas: number) {
    this.#redis = redis
    this.#prefix = prefix
    this.#replicas = replicas
  }

  /** False when another server answers, or this one with another history. @throws when it cannot be told in time */
  async pass(server: BarrierServer): Promise<boolean> {
    const shared = this.#gathering.get(server.identity)
    if (shared !== undefined) return shared
    const made = this.#gather(server)
    this.#gathering.set(server.identity, made)
    return made
  }

  close(): void {
    this.#closed.abort(new Error('the connection was closed'))
    this.#waiting?.disconnect()
  }

  async #gather(server: BarrierServer): Promise<boolean> {
    await this.#sleep(Math.max(0, this.#begun + gap - performance.now()))
    // From here on it is under way: who comes now may have written too late for it.
    this.#gathering.delete(server.identity)
    this.#begun = performance.now()
    const end = performance.now() + limit
    const [onDisk, onReplicas] = await Promise.all([
      server.byReply || this.#onDisk(server.identity, end),
      this.#replicas === 0 || this.#onReplicas(server.identity, end),
    ])
    return onDisk && onReplicas
  }

  /**
   * Waits until a sync of the append-only file that was begun after now has ended.
   *
   * WAITAOF would say it in one command, and says it too early: with `everysec`, Valkey 9.1 and some versions of Redis 7 count
   * writes as synced of which nothing is on the disk yet. What can be relied on is when syncs begin:
   * at the first turn of the server's loop with no sync under way and the last one begun a second ago. So: one look that
   * sees none under way; a second and a tick later a turn of the loop; then another look that sees none under way. In between
   * one was begun, and it has ended.
   */
  async #onDisk(identity: string, end: number): Promise<boolean> {
    for (;;) {
      const first = await this.#settled(end, this.#prefix)
      if (first.identity !== identity) return false
      await this.#sleep(syncInterval + first.tick + margin)
      await this.#redis.ping()
      const second = await this.#settled(end)
      if (second.identity !== identity) return false
      // With another file, or a child for which syncs are put off, nothing is certain: look again.
      const steady = first.files === second.files && !first.putsOff && !second.putsOff
      if (steady) return true
      late(end, 'its append-only file is being rewritten')
    }
  }

  /** Looks until no sync is under way. */
  async #settled(end: number, prefix?: string): Promise<Persistence> {
    for (;;) {
      const found = await readPersistence(this.#redis, prefix)
      if (!found.hasFile) throw unconfirmed('its append-only file was switched off')
      if (found.sync === 'no') throw unconfirmed('appendfsync was set to no')
      if (found.pending === 0 && found.healthy) return found
      const why = found.healthy ? 'its disk is slow' : 'its append-only file cannot be written'
      late(end, why)
      await this.#sleep(pause)
    }
  }

  async #onReplicas(identity: string, end: number): Promise<boolean> {
    this.#waiting ??= openWaiting(this.#redis)
    for (;;) {
      const replies = await this.#waiting
        .pipeline()
        .set(keys.barrier(this.#prefix), 1, 'PX', markRetention)
        .wait(this.#replicas, waitLimit)
        .info('server')
        .info('replication')
        .exec()
      for (const [error] of replies ?? []) if (error !== null) throw error
      const [, reached, server, replication] = (replies ?? []).map(([, reply]) => reply)
      const info = `${String(server)}\n${String(replication)}`
      if (identityOf(info) !== identity) return false
      if (Number(reached) >= this.#replicas) return true
      late(end, `${Number(reached)} of ${this.#replicas} replicas have it`)
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#closed.signal })
  }
}

/** A connection whose commands fail when it is lost: a WAIT that is sent again would tell of another connection's writes. */
export function openWaiting(redis: Redis): Redis {
  const waiting = redis.duplicate({
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    enableReadyCheck: true,
  })
  waiting.on('error', () => undefined)
  return waiting
}

function late(end: number, why: string): void {
  if (performance.now() > end) throw unconfirmed(why)
}

function unconfirmed(why: string): InfrastructureError {
  return new InfrastructureError('DURABILITY_UNCONFIRMED', `Redis may lose what it has: ${why}.`, {
    cause: new Error(why),
  })
}
