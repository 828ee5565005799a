--[[
  decide-slots.lua: decides about slots of a schedule that are due, each once, whoever asks.

  KEYS[1]    prefix of all keys, with the hash tag
  ARGV[1]    schedule
  ARGV[2]    overlap policy
  ARGV[3]    slots that wait at most under `bufferAll`
  ARGV[4..]  slots, ms since 1970, in the order of time

  Returns a verdict for each: `run`, `wait`, `skip`, or `past` (it was decided before). Or one alone: `paused` or `gone`.
  Atomicity: a slot is put among those that run or wait first, and the cursor, which says that it is decided, moves last. A
  repetition finds a slot that an error has cut where it was put.
]]
local P, name, policy, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local state = P .. ':schedule:' .. name
local running, waiting = state .. ':slots:running', state .. ':slots:waiting'
local seen = call('HMGET', state, 'cursor', 'paused')
if not seen[1] then return { 'gone' } end
if seen[2] then return { 'paused' } end

local function verdict_of(slot)
  if call('ZSCORE', running, slot) then return 'run' end
  if call('ZSCORE', waiting, slot) then return 'wait' end
  local queued = call('ZCARD', waiting)
  if policy == 'allow' or queued + call('ZCARD', running) == 0 then return 'run' end
  local full = { skip = 0, bufferOne = 1, bufferAll = most }
  if full[policy] and queued >= full[policy] then return 'skip' end
  return 'wait'
end

local function keep(slot, verdict)
  -- Before the slot itself: schedulers look for slots in these lanes alone.
  call('SADD', P .. ':schedules:busy', 'slots/' .. name)
  if verdict == 'run' then
    call('ZADD', running, slot, slot)
  else
    if policy == 'cancelRunning' then call('DEL', waiting) end
    call('ZADD', waiting, slot, slot)
  end
end

local cursor, verdicts = tonumber(seen[1]), {}
for i = 4, #ARGV do
  local slot, verdict = ARGV[i], 'past'
  if tonumber(slot) > cursor then
    verdict = verdict_of(slot)
    if verdict ~= 'skip' then keep(slot, verdict) end
    call('HSET', state, 'cursor', slot)
  end
  verdicts[#verdicts + 1] = verdict
end
return verdicts
