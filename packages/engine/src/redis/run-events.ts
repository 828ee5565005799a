import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import { Event, type NodeFinished } from '../run/event.ts'
import { isTerminal } from '../run/status.ts'
import { readCursor, writeCursor } from './event-cursor.ts'
import { runOf, type EventFeed } from './event-feed.ts'
import type { EventInbox, InboxEntry } from './event-inbox.ts'
import * as keys from './keys.ts'
import { LedgerReader, type RunHeader } from './ledger-reader.ts'
import { compareIds } from './outbox-reply.ts'
import { asking, isPassing } from './redis-error.ts'

/** An event of a run, and the cursor from which another reader goes on after it. */
export type RunEvent = Event & { readonly cursor: string }

/** Options of `events`. */
export interface RunEventsOptions {
  /** Of the last event that was seen: the next one is the first. Default: from the beginning. */
  readonly cursor?: string | undefined
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined
}

/** Entries that one command reads of what was written before. */
const page = 1000
/** Pages that are read of it: with an adapter away for long there is too much, and the ledger tells in short what happened. */
const mostPages = 20
/** Milliseconds without an event after which the ledger is asked whether one was missed. */
const patience = 2000

type Told = readonly [id: string | undefined, event: Event]

/**
 * Reads the events of one run. The stream tells them as they come; the ledger makes up for what the stream has no more, since it
 * is trimmed by what recorders have acknowledged. So the begin of the run, the end of each node and the end of the run are told
 * always and once; starts, metrics, retries and losses where they could still be read.
 */
export class RunEvents {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #feed: EventFeed
  readonly #run: string
  readonly #signal: AbortSignal | undefined
  readonly #ledger: LedgerReader
  readonly #finished: ReturnType<typeof readCursor>['finished']
  readonly #started = new Map<number, number>()
  #position: string | undefined
  #created: boolean
  #ended: boolean
  #isBehind = true

  /** @throws UsageError `INVALID_CURSOR` */
  constructor(
    { redis, prefix, feed }: { redis: Redis; prefix: string; feed: EventFeed },
    run: string,
    { cursor, signal }: RunEventsOptions,
  ) {
    const { position, finished, ended } = readCursor(cursor)
    this.#redis = redis
    this.#prefix = prefix
    this.#feed = feed
    this.#run = run
    this.#signal = signal
    this.#ledger = new LedgerReader(redis, prefix)
    this.#position = position
    this.#finished = finished
    this.#created = cursor !== undefined
    this.#ended = ended
  }

  /** @throws InfrastructureError `REDIS_FAILED`, and when the client is closed `REDIS_UNREACHABLE` */
  async *read(): AsyncGenerator<RunEvent, void, undefined> {
    if (this.#ended || this.#isAborted()) return
    const { inbox, stop } = await this.#asking(() => this.#feed.follow(this.#run))
    try {
      while (!this.#ended && !this.#isAborted()) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is what is asked for
        const events = await this.#asking(() => this.#next(inbox))
        for (const [id, event] of events) {
          if (this.#isAborted()) return
          if (id !== undefined && !this.#advances(id)) continue
          if (event.type === 'run_finished') yield* this.#rest(event)
          else if (this.#isNew(event)) yield this.#tell(event)
        }
      }
    } finally {
      stop()
    }
  }

  /** Before the end: whatever the stream did not tell. */
  async *#rest(end: Event): AsyncGenerator<RunEvent, void, undefined> {
    const known = await this.#asking(() => this.#fromLedger())
    for (const [, event] of known)
      if (event.type !== 'run_finished' && this.#isNew(event)) yield this.#tell(event)
    if (this.#isNew(end)) yield this.#tell(end)
  }

  async #next(inbox: EventInbox): Promise<readonly Told[]> {
    if (this.#isBehind) {
      const written = await this.#written()
      const known = new Set(written.map(([, event]) => keyOf(event)))
      const missing = (await this.#fromLedger()).filter(([, event]) => !known.has(keyOf(event)))
      this.#isBehind = false
      const first = timeOf(written[0]?.[0])
      const isPast = ([, event]: Told): boolean =>
        event.type === 'run_created' || (event.type === 'node_finished' && event.endedAt < first)
      // What the stream has no more comes before what it has; the rest has come since it was read.
      return [...missing.filter(isPast), ...written, ...missing.filter((told) => !isPast(told))]
    }
    const { entries, lost } = inbox.take()
    if (lost) this.#isBehind = true
    if (lost || entries.length > 0) return entries.flatMap((entry) => this.#parsed(entry))
    await inbox.wait(patience, this.#signal)
    if (this.#isAborted()) return []
    const came = inbox.take()
    if (came.lost) this.#isBehind = true
    else if (came.entries.length === 0) return (await this.#isAhead()) ? this.#fromLedger() : []
    return came.entries.flatMap((entry) => this.#parsed(entry))
  }

  /** What the stream has of the run, from the cursor or the run's creation. */
  async #written(): Promise<readonly Told[]> {
    const outbox = keys.outbox(this.#prefix)
    const createdAt = (await this.#ledger.run(this.#run))?.createdAt ?? 0
    let from = this.#position ?? `${Math.max(0, createdAt - 1)}-0`
    const found: Told[] = []
    for (let pages = 0; pages < mostPages; pages += 1) {
      // oxlint-disable-next-line no-await-in-loop -- page after page
      const entries = await this.#redis.xrange(outbox, `(${from}`, '+', 'COUNT', page)
      for (const [id, fields] of entries) {
        from = id
        found.push(...this.#parsed({ id, text: fields[1] ?? '' }))
      }
      if (entries.length < page) return found
    }
    const newest = await this.#redis.xrevrange(outbox, '+', '-', 'COUNT', 1)
    this.#position = newest[0]?.[0] ?? from
    return []
  }

  /** True when the ledger knows more than was told. */
  async #isAhead(): Promise<boolean> {
    const [status, ended] = await Promise.all([
      this.#redis.hget(keys.run(this.#prefix, this.#run), 'status'),
      this.#redis.hlen(keys.nodes(this.#prefix, this.#run)),
    ])
    return status === null || ended > this.#finished.size || isTerminalText(status)
  }

  /** What the ledger knows: nodes that ended, in that order; those that run; the end of the run. */
  async #fromLedger(): Promise<readonly Told[]> {
    const header = await this.#ledger.run(this.#run)
    // Its retention is over, or Redis has lost it: nothing more will come.
    if (header === undefined) {
      this.#ended = true
      return []
    }
    if (header.status === 'pending') return []
    const { plan, pipeline, startedAt, createdAt } = header
    const at = startedAt ?? createdAt
    const events: Event[] = [{ type: 'run_created', run: this.#run, pipeline, plan, at }]
    events.push(...(await this.#ends()))
    if (isTerminal(header.status)) events.push(...endOf(header))
    else events.push(...(await this.#running()))
    return events.map((event): Told => [undefined, event])
  }

  async #ends(): Promise<readonly NodeFinished[]> {
    const indexes = await this.#redis.hkeys(keys.nodes(this.#prefix, this.#run))
    const untold = indexes.map(Number).filter((index) => !this.#finished.has(index))
    const records = await this.#ledger.records(this.#run, untold)
    return records.toSorted((a, b) => a.endedAt - b.endedAt || a.index - b.index)
  }

  async #running(): Promise<readonly Event[]> {
    const { plan } = (await this.#ledger.run(this.#run)) ?? {}
    const attempts = await this.#ledger.running(this.#run)
    const untold = attempts.filter(({ index, attempt }) => this.#started.get(index) !== attempt)
    if (plan === undefined || untold.length === 0) return []
    const nodes = (await this.#ledger.plan(plan))?.nodes ?? []
    return untold.map(({ index, attempt, startedAt, worker }) => ({
      type: 'node_started',
      run: this.#run,
      node: nodes[index]?.name ?? '',
      index,
      attempt,
      at: startedAt,
      worker,
    }))
  }

  #parsed({ id, text }: InboxEntry): readonly Told[] {
    if (runOf(text) !== this.#run) return []
    const event = Event.safeParse(parseJson(text)).data
    return event?.run === this.#run ? [[id, event]] : []
  }

  #advances(id: string): boolean {
    if (this.#position !== undefined && compareIds(id, this.#position) <= 0) return false
    this.#position = id
    return true
  }

  #isNew(event: Event): boolean {
    if (event.type === 'run_created') return !this.#created
    if (event.type === 'run_finished') return !this.#ended
    if (this.#finished.has(event.index)) return false
    if (isOfElement(event)) return true
    return event.type !== 'node_started' || this.#started.get(event.index) !== event.attempt
  }

  #tell(event: Event): RunEvent {
    if (!isOfElement(event)) this.#remember(event)
    const [position, finished, ended] = [this.#position, this.#finished, this.#ended]
    return { ...event, cursor: writeCursor({ position, finished, ended }) }
  }

  #remember(event: Event): void {
    if (event.type === 'run_created') this.#created = true
    else if (event.type === 'run_finished') this.#ended = true
    else if (event.type === 'node_started') this.#started.set(event.index, event.attempt)
    else if (event.type === 'node_finished') {
      this.#finished.add(event.index)
      this.#started.delete(event.index)
    }
  }

  #isAborted(): boolean {
    return this.#signal?.aborted === true
  }

  /** Asks until there is an answer: an outage of Redis is no end of the run. */
  async #asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- asked again
        return await asking(this.#redis, `follow run ${this.#run}`, ask)
      } catch (error) {
        // After the client was closed no answer will come.
        if (this.#redis.status === 'end' || this.#isAborted() || !isPassing(error)) throw error
        // oxlint-disable-next-line no-await-in-loop
        await delay(200)
      }
    }
  }
}

/** What is told once. */
function keyOf(event: Event): string {
  if (isOfElement(event)) return `element/${event.element}`
  if (event.type === 'node_finished') return `finished/${event.index}`
  if (event.type === 'node_started') return `started/${event.index}/${event.attempt}`
  return event.type
}

/** Of an element of a map: told as it comes. The ledger makes up for the map's node alone. */
function isOfElement(event: Event): event is Event & { readonly element: number } {
  return 'element' in event && event.element !== undefined
}

/** Ms since 1970 of an entry's id. */
function timeOf(id: string | undefined): number {
  return id === undefined ? Infinity : Number.parseInt(id, 10)
}

function endOf({ id, status, endedAt, createdAt }: RunHeader): readonly Event[] {
  if (status !== 'succeeded' && status !== 'failed' && status !== 'cancelled') return []
  return [{ type: 'run_finished', run: id, status, at: endedAt ?? createdAt }]
}

function isTerminalText(status: string): boolean {
  return status !== 'running' && status !== 'pending'
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
