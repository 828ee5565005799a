import type { Redis } from 'ioredis'
import * as z from 'zod'

import * as keys from './keys.ts'
import { redisTime } from './presence.ts'

/** How much of the outbox is kept for consumers that are away. */
export interface OutboxLimits {
  /** Bytes of Redis' memory. */
  readonly maxBytes: number
  /** Milliseconds. */
  readonly maxAge: number
}

/** Cut down to so much of the cap, so that not every pass has to cut again. */
const share = 0.8
/** Entries that one script removes at most, about 2 ms. */
const step = 10_000
const mostLooks = 4
/** Where the mark for consumer groups lies that have yet to come. No group is named so. */
export const newGroups = '*'

/*
 * KEYS: outbox, gaps. ARGV: XTRIM's strategy and threshold.
 * The trim comes first: a server that is out of memory takes it, and what a script writes after a first write is taken too.
 */
const trimScript = `
local function precedes(a, b)
  local at, an = string.match(a, '(%d+)-(%d+)')
  local bt, bn = string.match(b, '(%d+)-(%d+)')
  if at ~= bt then return tonumber(at) < tonumber(bt) end
  return tonumber(an) < tonumber(bn)
end
local function first_from(id)
  local found = redis.call('XRANGE', KEYS[1], id, '+', 'COUNT', 1)[1]
  return found and found[1]
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local needed = {}
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
  local pending = redis.call('XPENDING', KEYS[1], group['name'])[2]
  needed[group['name']] = pending or first_from('(' .. group['last-delivered-id'])
end
local removed = redis.call('XTRIM', KEYS[1], ARGV[1], ARGV[2])
if removed == 0 then return 0 end
local first = first_from('-')
if not first then
  local flat = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #flat, 2 do if flat[i] == 'last-generated-id' then first = flat[i + 1] end end
  first = string.gsub(first, '%d+$', function(n) return string.format('%.0f', n + 1) end)
end
for name, id in pairs(needed) do
  if precedes(id, first) then redis.call('HSET', KEYS[2], name, first) end
end
redis.call('HSET', KEYS[2], '${newGroups}', first)
return removed`

/**
 * Removes the oldest entries of the outbox while it is larger or older than it may be, also those that a consumer group has
 * not acknowledged: such a group is marked, and its consumer rebuilds from the ledger what it missed. So neither a
 * consumer that is away nor one that is gone for good fills Redis.
 *
 * @returns how many entries were removed
 */
export async function capOutbox(
  redis: Redis,
  prefix: string,
  { maxBytes, maxAge }: OutboxLimits,
): Promise<number> {
  // By the clock of Redis, which names the entries: one of a worker that jumped would remove all of them.
  let removed = await trim(redis, prefix, 'MINID', (await redisTime(redis)) - maxAge)
  // Redis frees whole blocks of about a hundred entries, so it may take a second look
  for (let look = 0; look < mostLooks; look += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each look measures what the last one left
    const cut = await cutOnce(redis, prefix, maxBytes)
    if (cut === 0) break
    removed += cut
  }
  return removed
}

async function cutOnce(redis: Redis, prefix: string, maxBytes: number): Promise<number> {
  const outbox = keys.outbox(prefix)
  const bytes = (await redis.memory('USAGE', outbox, 'SAMPLES', 50)) ?? 0
  if (bytes <= maxBytes) return 0
  const length = await redis.xlen(outbox)
  const keep = Math.floor((length * maxBytes * share) / bytes)
  let removed = 0
  for (let left = length; left > keep;) {
    left = Math.max(keep, left - step)
    // oxlint-disable-next-line no-await-in-loop -- in steps, so that Redis serves others in between
    removed += await trim(redis, prefix, 'MAXLEN', left)
  }
  return removed
}

async function trim(
  redis: Redis,
  prefix: string,
  strategy: 'MINID' | 'MAXLEN',
  threshold: number,
): Promise<number> {
  const names = [keys.outbox(prefix), keys.outboxGaps(prefix)]
  return z.number().parse(await redis.eval(trimScript, 2, ...names, strategy, threshold))
}

/** Forgets the mark unless more entries have gone meanwhile. KEYS: gaps. ARGV: group, id. */
const closeScript = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])`

/** The id before which entries of the outbox are gone that the group had not acknowledged; undefined when none are. */
export async function outboxGap(
  redis: Redis,
  prefix: string,
  group: string,
): Promise<string | undefined> {
  return (await redis.hget(keys.outboxGaps(prefix), group)) ?? undefined
}

/** Says that the group has made up for what was gone before `id`. */
export async function closeOutboxGap(
  redis: Redis,
  prefix: string,
  group: string,
  id: string,
): Promise<void> {
  await redis.eval(closeScript, 1, keys.outboxGaps(prefix), group, id)
}
