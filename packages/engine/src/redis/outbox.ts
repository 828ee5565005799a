import { hostname } from 'node:os'

import type { Redis } from 'ioredis'
import * as z from 'zod'

import { Event } from '../run/event.ts'
import * as keys from './keys.ts'
import { closeOutboxGap, newGroups, outboxGap } from './outbox-cap.ts'
import {
  claimedEntries,
  compareIds,
  lastGenerated,
  nextId,
  oldestPending,
  readEntries,
  streamGroups,
  type StreamEntry,
} from './outbox-reply.ts'

/** An event of the outbox and the id by which it is acknowledged. */
export interface OutboxEntry {
  readonly id: string
  readonly event: Event
  /** True when no consumer of the group was given it before, as far as Redis knows. */
  readonly isNew: boolean
}

/** How an {@link OutboxReader} reads. */
export interface OutboxReaderOptions {
  readonly prefix: string
  /** Every group sees every event once; the consumers of a group share them. */
  readonly group: string
  /** Name within the group. A process that comes back under its old name is given what it had not acknowledged. Default: host and process id. */
  readonly consumer?: string
  /** An entry that another consumer holds for so many ms is taken over. Default 60,000. */
  readonly claimAfter?: number
}

const maxDeadLetters = 10_000

/**
 * One consumer of the outbox stream. Nothing is lost, whenever a process dies: an entry stays with its consumer until it
 * is acknowledged, and is read again by the same consumer after a restart, by another one after `claimAfter`.
 * So an entry may come more than once, and its effects must bear that.
 */
export class OutboxReader {
  readonly #commands: Redis
  readonly #blocking: Redis
  readonly #prefix: string
  readonly #stream: string
  readonly #deadLetters: string
  readonly #group: string
  readonly #consumer: string
  readonly #claimAfter: number
  /** Handed out and neither acknowledged nor rejected: never handed out twice by one reader. */
  readonly #held = new Set<string>()
  #ownRead = false
  #nextClaim = 0

  /** `commands` serves short commands; `blocking` is used by `read` alone, and both stay the caller's to close. */
  constructor(commands: Redis, blocking: Redis, options: OutboxReaderOptions) {
    this.#commands = commands
    this.#blocking = blocking
    this.#prefix = options.prefix
    this.#stream = keys.outbox(options.prefix)
    this.#deadLetters = keys.deadLetters(options.prefix, options.group)
    this.#group = options.group
    this.#consumer = options.consumer ?? `${hostname()}:${process.pid}`
    this.#claimAfter = options.claimAfter ?? 60_000
    // a reply that was lost with its connection left its entries with us, unread
    blocking.on('close', () => {
      this.#ownRead = false
    })
  }

  /**
   * The next entries, oldest first: our own unacknowledged ones, then those of dead consumers, then new ones, for which
   * it waits `block` ms at most. Entries that cannot be parsed become dead letters and are left out.
   */
  async read(count: number, block: number): Promise<readonly OutboxEntry[]> {
    try {
      const known = await this.#knownEntries(count)
      if (known.length > 0) return await this.#parsed(known, false)
      return await this.#parsed(readEntries(await this.#readGroup('>', count, block)), true)
    } catch (error) {
      if (!isNoGroup(error)) throw error
      await this.#createGroup()
      this.#ownRead = false
      return []
    }
  }

  /** Says that the entries' effects are done: they are never read again by this group. */
  async ack(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#commands.xack(this.#stream, this.#group, ...ids)
    for (const id of ids) this.#held.delete(id)
  }

  /** Puts entries back: the next `read` returns them again. */
  release(ids: readonly string[]): void {
    for (const id of ids) this.#held.delete(id)
    this.#ownRead = false
  }

  /** Puts an entry into the group's list of dead letters, with the reason, and acknowledges it. */
  async reject(id: string, content: string, reason: DeadLetterReason): Promise<void> {
    const letter = JSON.stringify({ id, at: Date.now(), ...reason, entry: content })
    await this.#commands
      .multi()
      .rpush(this.#deadLetters, letter)
      .ltrim(this.#deadLetters, -maxDeadLetters, -1)
      .xack(this.#stream, this.#group, id)
      .exec()
    this.#held.delete(id)
  }

  /** Removes the entries that every group has acknowledged. Returns how many; 0 while there is no group. */
  async trim(): Promise<number> {
    const groups = await this.#groups()
    const needed = await Promise.all(
      groups.map(async ({ name, lastDelivered }) => {
        const pending = oldestPending(await this.#commands.xpending(this.#stream, name))
        return pending ?? nextId(lastDelivered)
      }),
    )
    const keep = needed.toSorted(compareIds)[0]
    return keep === undefined ? 0 : this.#commands.xtrim(this.#stream, 'MINID', keep)
  }

  /** The id of the newest entry, the mark for {@link reached}. */
  async position(): Promise<string> {
    if ((await this.#commands.exists(this.#stream)) === 0) return '0-0'
    return lastGenerated(await this.#commands.xinfo('STREAM', this.#stream))
  }

  /** True when the group has acknowledged every entry up to `position`, and misses none. */
  async reached(position: string): Promise<boolean> {
    if (position === '0-0') return true
    if ((await this.gap()) !== undefined) return false
    const groups = await this.#groups()
    const group = groups.find(({ name }) => name === this.#group)
    if (group === undefined || (await this.#isAhead(group.lastDelivered, position))) return false
    if (group.pending === 0) return true
    const oldest = oldestPending(await this.#commands.xpending(this.#stream, this.#group))
    return oldest === undefined || compareIds(oldest, position) > 0
  }

  /**
   * The id before which entries are gone that this group had not acknowledged, for the stream had outgrown its limit;
   * undefined when none are. What they told is in the ledger.
   */
  gap(): Promise<string | undefined> {
    return outboxGap(this.#commands, this.#prefix, this.#group)
  }

  /** Says that what was gone before `id` is made up for. */
  closeGap(id: string): Promise<void> {
    return closeOutboxGap(this.#commands, this.#prefix, this.#group, id)
  }

  /** Number of dead letters of the group. */
  deadLetters(): Promise<number> {
    return this.#commands.llen(this.#deadLetters)
  }

  /** Why the newest dead letter is one; undefined when there is none. */
  async newestDeadLetter(): Promise<DeadLetterReason | undefined> {
    const letter = await this.#commands.lindex(this.#deadLetters, -1)
    return letter === null ? undefined : DeadLetterReason.parse(JSON.parse(letter))
  }

  /** True when there is an entry after `delivered` up to `position`: others may have been trimmed. */
  async #isAhead(delivered: string, position: string): Promise<boolean> {
    if (compareIds(delivered, position) >= 0) return false
    const next = await this.#commands.xrange(this.#stream, `(${delivered}`, position, 'COUNT', 1)
    return next.length > 0
  }

  /** Entries that were handed out before, to us or to a consumer that has gone. */
  async #knownEntries(count: number): Promise<readonly StreamEntry[]> {
    if (!this.#ownRead) {
      const own = await this.#ownPending(count)
      if (own.length > 0) return own
      this.#ownRead = true
    }
    if (performance.now() >= this.#nextClaim) {
      const claimed = await this.#claim(count)
      if (claimed.length > 0) return claimed
    }
    return []
  }

  /** The oldest `count` entries that we hold in the group's books but not in this process. */
  async #ownPending(count: number): Promise<readonly StreamEntry[]> {
    let after = '0'
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- each page begins after the last
      const entries = readEntries(await this.#readGroup(after, count))
      const last = entries.at(-1)
      if (last === undefined) return []
      const fresh = entries.filter(({ id }) => !this.#held.has(id))
      if (fresh.length > 0) return fresh
      after = last.id
    }
  }

  async #claim(count: number): Promise<readonly StreamEntry[]> {
    let cursor = '0-0'
    do {
      // oxlint-disable-next-line no-await-in-loop -- the cursor comes with the reply
      const reply = await this.#commands.xautoclaim(
        this.#stream,
        this.#group,
        this.#consumer,
        this.#claimAfter,
        cursor,
        'COUNT',
        count,
      )
      const [next, entries] = claimedEntries(reply)
      const fresh = entries.filter(({ id }) => !this.#held.has(id))
      if (fresh.length > 0) return fresh
      cursor = next
    } while (cursor !== '0-0')
    this.#nextClaim = performance.now() + Math.max(1000, this.#claimAfter / 4)
    return []
  }

  #readGroup(after: string, count: number, block?: number): Promise<unknown> {
    const head = ['GROUP', this.#group, this.#consumer] as const
    return block === undefined
      ? this.#commands.xreadgroup(...head, 'COUNT', count, 'STREAMS', this.#stream, after)
      : this.#blocking.xreadgroup(
          ...head,
          'COUNT',
          count,
          'BLOCK',
          block,
          'STREAMS',
          this.#stream,
          after,
        )
  }

  async #parsed(entries: readonly StreamEntry[], isNew: boolean): Promise<readonly OutboxEntry[]> {
    const parsed: OutboxEntry[] = []
    for (const { id, fields } of entries) {
      if (fields === null) {
        // deleted from the stream while it was pending: only the books still know it
        // oxlint-disable-next-line no-await-in-loop -- rare
        await this.ack([id])
        continue
      }
      const content = fieldOf(fields, 'e')
      const event = parseEvent(content)
      if (event === undefined) {
        // oxlint-disable-next-line no-await-in-loop -- rare
        await this.reject(id, content ?? JSON.stringify(fields), {
          code: 'OUTBOX_ENTRY_INVALID',
          message: 'The entry is not an event of this version of Pipewright.',
        })
        continue
      }
      this.#held.add(id)
      parsed.push({ id, event, isNew })
    }
    return parsed
  }

  async #createGroup(): Promise<void> {
    // a group that comes late misses what went before it came
    const gone = await outboxGap(this.#commands, this.#prefix, newGroups)
    if (gone !== undefined && (await this.#groups()).every(({ name }) => name !== this.#group))
      await this.#commands.hset(keys.outboxGaps(this.#prefix), this.#group, gone)
    try {
      await this.#commands.xgroup('CREATE', this.#stream, this.#group, '0', 'MKSTREAM')
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
    }
  }

  async #groups(): Promise<ReturnType<typeof streamGroups>> {
    if ((await this.#commands.exists(this.#stream)) === 0) return []
    return streamGroups(await this.#commands.xinfo('GROUPS', this.#stream))
  }
}

/** Why an entry became a dead letter. */
export interface DeadLetterReason {
  readonly code: string
  readonly message: string
}
export const DeadLetterReason: z.ZodType<DeadLetterReason> = z.object({
  code: z.string(),
  message: z.string(),
})

function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) if (fields[at] === name) return fields[at + 1]
  return undefined
}

function parseEvent(content: string | undefined): Event | undefined {
  if (content === undefined) return undefined
  try {
    return Event.safeParse(JSON.parse(content)).data
  } catch {
    return undefined
  }
}

function isNoGroup(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOGROUP')
}
