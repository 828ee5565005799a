import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import { EventInbox } from './event-inbox.ts'
import * as keys from './keys.ts'
import { rememberProblems } from './last-problem.ts'
import { readEntries } from './outbox-reply.ts'

/** Entries of one read. */
const count = 500
/** Milliseconds that a read waits: less than a silent socket counts as dead. */
const block = 1000

/**
 * The newest entries of the outbox, for readers that are no consumer groups: one connection and one pass over the stream,
 * however many runs are followed. It is open while one is.
 */
export class EventFeed {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #inboxes = new Map<string, Set<EventInbox>>()
  #connection: Redis | undefined
  #started: Promise<void> | undefined

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** Every entry about the run that is written from now on comes into the inbox. Call `stop` in the end. */
  async follow(run: string): Promise<{ readonly inbox: EventInbox; readonly stop: () => void }> {
    const inbox = new EventInbox()
    const inboxes = this.#inboxes.get(run) ?? new Set()
    this.#inboxes.set(run, inboxes.add(inbox))
    const stop = (): void => {
      inboxes.delete(inbox)
      if (inboxes.size === 0 && this.#inboxes.get(run) === inboxes) this.#inboxes.delete(run)
      if (this.#inboxes.size === 0) this.close()
    }
    try {
      this.#started ??= this.#start()
      await this.#started
    } catch (error) {
      this.#started = undefined
      stop()
      throw error
    }
    return { inbox, stop }
  }

  close(): void {
    this.#connection?.disconnect()
    this.#connection = undefined
    this.#started = undefined
  }

  async #start(): Promise<void> {
    const newest = await this.#redis.xrevrange(keys.outbox(this.#prefix), '+', '-', 'COUNT', 1)
    const connection = this.#redis.duplicate({ commandTimeout: undefined })
    rememberProblems(connection)
    this.#connection = connection
    void this.#read(connection, newest[0]?.[0] ?? '0-0')
  }

  async #read(connection: Redis, from: string): Promise<void> {
    let position = from
    const where = ['STREAMS', keys.outbox(this.#prefix)] as const
    while (this.#connection === connection) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- each read goes on where the last one ended
        const reply = await connection.xread('COUNT', count, 'BLOCK', block, ...where, position)
        for (const { id, fields } of readEntries(reply)) {
          position = id
          this.#hand(id, fields?.[1] ?? '')
        }
      } catch {
        if (this.#connection !== connection) return
        // What was written meanwhile may be trimmed when it can be read again.
        for (const inboxes of this.#inboxes.values()) for (const inbox of inboxes) inbox.lose()
        // oxlint-disable-next-line no-await-in-loop
        await delay(200)
      }
    }
  }

  #hand(id: string, text: string): void {
    const run = runOf(text)
    for (const inbox of (run === undefined ? undefined : this.#inboxes.get(run)) ?? [])
      inbox.put({ id, text })
  }
}

/** The run that an event is about, without parsing all of it: most are about runs that nobody follows. */
export function runOf(text: string): string | undefined {
  return /^\{"type":"\w+","run":"([^"\\]+)"/.exec(text)?.[1] ?? /"run":"([^"\\]+)"/.exec(text)?.[1]
}
