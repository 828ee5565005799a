/**
 * What has to happen at once, so that any number of schedulers may do it: a slot is decided once, and its decision is kept
 * before anything is done about it. Each script writes the mark that guards it last, so that a repetition after an error
 * completes it.
 */

/**
 * Decides about a slot. KEYS: state, running, waiting. ARGV: slot, overlap policy, most slots that may wait.
 * Returns `run`, `wait`, `skip`, `past` (it was decided before), `paused` or `gone`.
 */
export const decide = `
local seen = redis.call('HMGET', KEYS[1], 'cursor', 'paused')
if not seen[1] then return 'gone' end
if seen[2] then return 'paused' end
if tonumber(ARGV[1]) <= tonumber(seen[1]) then return 'past' end
local waiting = redis.call('ZCARD', KEYS[3])
local busy = redis.call('ZCARD', KEYS[2]) + waiting > 0
local verdict = 'run'
if busy and ARGV[2] ~= 'allow' then
  verdict = 'wait'
  if ARGV[2] == 'skip' then verdict = 'skip' end
  if ARGV[2] == 'bufferOne' and waiting > 0 then verdict = 'skip' end
  if ARGV[2] == 'bufferAll' and waiting >= tonumber(ARGV[3]) then verdict = 'skip' end
  if ARGV[2] == 'cancelRunning' then redis.call('DEL', KEYS[3]) end
end
if verdict == 'run' then redis.call('ZADD', KEYS[2], ARGV[1], ARGV[1]) end
if verdict == 'wait' then redis.call('ZADD', KEYS[3], ARGV[1], ARGV[1]) end
redis.call('HSET', KEYS[1], 'cursor', ARGV[1])
return verdict`

/** Lets slots that wait run. KEYS: state, running, waiting. ARGV: most that run. */
export const promote = `
if redis.call('HEXISTS', KEYS[1], 'cursor') == 0 then return 0 end
local room = tonumber(ARGV[1]) - redis.call('ZCARD', KEYS[2])
if room <= 0 then return 0 end
local slots = redis.call('ZRANGE', KEYS[3], 0, room - 1)
for _, slot in ipairs(slots) do
  redis.call('ZADD', KEYS[2], slot, slot)
  redis.call('ZREM', KEYS[3], slot)
end
return #slots`

/** Notes the run of a slot that is still to have one. KEYS: state, running. ARGV: slot, field, run. */
export const note = `
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1`

/** Forgets a slot whose run has ended. KEYS: state, running. ARGV: slot, field. */
export const forget = `
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[2])`

/** Moves the cursor forward, never back. KEYS: state. ARGV: time; field to remove, or empty. */
export const forward = `
if tonumber(redis.call('HGET', KEYS[1], 'cursor') or '0') < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'cursor', ARGV[1])
end
if ARGV[2] ~= '' then redis.call('HDEL', KEYS[1], ARGV[2]) end
return 1`
