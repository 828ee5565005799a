import { createHash } from 'node:crypto'

import type { Redis } from 'ioredis'
import * as z from 'zod'

/**
 * Reads all keys of a prefix but plans, and what was appended to the outbox since the last time. One script, so that it is
 * one moment; of strings that are no text only the length.
 */
const dump = `
local found = {}
local outbox = ARGV[1] .. ':outbox'
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
  if key ~= outbox and not string.find(key, ':plan:', 1, true) then
    local kind = redis.call('TYPE', key).ok
    local value = {}
    if kind == 'hash' then value = redis.call('HGETALL', key)
    elseif kind == 'list' then value = redis.call('LRANGE', key, 0, -1)
    elseif kind == 'set' then value = redis.call('SMEMBERS', key)
    elseif kind == 'zset' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    elseif string.sub(key, -6) ~= ':edges' then value = { redis.call('GET', key) }
    end
    found[#found + 1] = { key, value, redis.call('PTTL', key) }
  end
end
return { found, redis.call('XRANGE', outbox, '(' .. ARGV[2], '+') }
`

const digest = createHash('sha1').update(dump).digest('hex')

const Dump: z.ZodType<[[string, string[], number][], [string, string[]][]]> = z.tuple([
  z.array(z.tuple([z.string(), z.array(z.string()), z.number()])),
  z.array(z.tuple([z.string(), z.array(z.string())])),
])

/** A place in which the ledger holds a node run that has not ended. */
export interface Held {
  readonly run: string
  readonly name: string
  readonly place: 'queued' | 'active' | 'waiting'
  /** True when it waits for room in its queue. */
  readonly ready: boolean
  /** True when an error cut its way from the ready list into the queue. */
  readonly cut: boolean
  readonly queue: string
  /** Where it waits for room: the queue, or a lane that leads to it. */
  readonly via: string
  readonly generation: number
  readonly base: number
  readonly failures: number
}

/** All that lies in Redis under the prefix at one moment. */
export interface Snapshot {
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** Milliseconds until a key goes, of those that go. */
  readonly expiries: ReadonlyMap<string, number>
  readonly events: readonly string[]
  readonly held: readonly Held[]
}

/** Takes snapshots, each with the events since the last. */
export class Snapshots {
  readonly #redis: Redis
  readonly #prefix: string
  #last = '0-0'

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** @param again True to leave the events for the next snapshot. */
  async take(again: boolean = false): Promise<Snapshot> {
    const args = [this.#prefix, this.#last]
    const reply = await this.#redis.evalsha(digest, 0, ...args).catch(async (error: unknown) => {
      if (!String(error).includes('NOSCRIPT')) throw error
      return this.#redis.eval(dump, 0, ...args)
    })
    const [found, entries] = Dump.parse(reply)
    if (!again) this.#last = entries.at(-1)?.[0] ?? this.#last
    const keys = new Map<string, readonly string[]>()
    const expiries = new Map<string, number>()
    for (const [key, value, expiry] of found) {
      const name = key.slice(this.#prefix.length + 1)
      keys.set(name, value)
      if (expiry >= 0) expiries.set(name, expiry)
    }
    return {
      keys,
      expiries,
      events: entries.map(([, fields]) => fields[1] ?? ''),
      held: heldIn(keys),
    }
  }
}

function heldIn(keys: ReadonlyMap<string, readonly string[]>): readonly Held[] {
  const held: Held[] = []
  for (const [key, value] of keys) {
    const [, jobs, list] = /^queue:(.+):(wait|active)$/.exec(key) ?? []
    if (jobs !== undefined) {
      const place = list === 'wait' ? 'queued' : 'active'
      held.push(...value.map((id) => jobIn(keys, jobs, id, place)))
    }
    const [, run, queue] = /^run:([^:]+):ready:(.+)$/.exec(key) ?? []
    if (run !== undefined && queue !== undefined) {
      held.push(...value.map((entry) => listed(run, queue, entry, true)))
    }
    const [, admitting] = /^admitting:(.+)$/.exec(key) ?? []
    if (admitting !== undefined) held.push(...value.map((entry) => cutOff(admitting, entry)))
  }
  return [...held, ...timersIn(keys.get('due') ?? [])]
}

function timersIn(due: readonly string[]): readonly Held[] {
  return pairs(due).flatMap(([member]) => {
    const [kind, run = '', queue = '', ...entry] = member.split('|')
    return kind === 'retry' ? [listed(run, queue, entry.join('|'), false)] : []
  })
}

function cutOff(queue: string, entry: string): Held {
  const at = entry.indexOf('|')
  return { ...listed(entry.slice(0, at), queue, entry.slice(at + 1), true), cut: true }
}

function listed(run: string, queue: string, entry: string, ready: boolean): Held {
  const [, generation, base, failures, ...name] = entry.split('|')
  return {
    run,
    queue: queueOf(queue),
    via: queue,
    place: ready ? 'queued' : 'waiting',
    ready,
    cut: false,
    name: name.join('|'),
    generation: Number(generation),
    base: Number(base),
    failures: Number(failures),
  }
}

/** The queue that a lane leads to. */
function queueOf(name: string): string {
  const [queue = '', ...rest] = name.split('^')
  return rest.length > 0 && name.endsWith('~quarantine') ? `${queue}~quarantine` : queue
}

const Data = z.object({ base: z.number(), failures: z.number() })

function jobIn(
  keys: ReadonlyMap<string, readonly string[]>,
  queue: string,
  id: string,
  place: 'queued' | 'active',
): Held {
  const fields = new Map(pairs(keys.get(`queue:${queue}:${id}`) ?? []))
  const data: unknown = JSON.parse(fields.get('data') ?? '{"base":-1,"failures":-1}')
  const { base, failures } = Data.parse(data)
  const [run = ''] = id.split('/', 1)
  const last = id.lastIndexOf('/')
  const name = id.slice(run.length + 1, last)
  const generation = Number(id.slice(last + 1))
  const where = { queue, via: queue, place, ready: false, cut: false }
  return { run, name, ...where, generation, base, failures }
}

/** Fields and values, or members and scores. */
export function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((each, at): [string, string][] =>
    at % 2 === 0 ? [[each, flat[at + 1] ?? '']] : [],
  )
}
