--[[
  settle-slots.lua: forgets slots whose run has ended, lets slots that wait run when there is room, and tells which of those
  that are to run have no run yet. At most 256 slots are looked at.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  schedule
  ARGV[2]  lane: `slots` or `backfill`
  ARGV[3]  overlap policy
  ARGV[4]  time after which slots are looked at: `-inf`, then what the last call said

  Returns {where to go on, runs, slots}: where is empty at the end; the runs are to be cancelled; the slots are to have a run.
  Atomicity: each slot is moved by writes that may be repeated.
]]
local P, name, lane, policy, after = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local MOST = 256
local ENDED = { succeeded = true, failed = true, cancelled = true, skipped = true }
local state, busy = P .. ':schedule:' .. name, P .. ':schedules:busy'
local running, waiting = state .. ':' .. lane .. ':running', state .. ':' .. lane .. ':waiting'
local seen = call('HMGET', state, 'cursor', 'paused', 'maxParallel')
if not seen[1] then
  call('SREM', busy, lane .. '/' .. name)
  return { '', {}, {} }
end

local function has_ended(run)
  local status = call('HGET', P .. ':run:' .. run, 'status')
  if status then return ENDED[status] end
  return call('EXISTS', P .. ':run:' .. run) == 0
end

local going, open = {}, {}
local slots = call('ZRANGEBYSCORE', running, '(' .. after, '+inf', 'LIMIT', 0, MOST)
for _, slot in ipairs(slots) do
  local field = 'run/' .. lane .. '/' .. slot
  local run = call('HGET', state, field)
  if not run then
    open[#open + 1] = slot
  elseif has_ended(run) then
    -- A slot without its run is enqueued again, and its key finds that run; a run without its slot would stay for ever.
    call('HDEL', state, field)
    call('ZREM', running, slot)
  else
    going[#going + 1] = run
  end
end
if #slots == MOST then after = slots[MOST] else after = '' end

-- A slot that an error left in both sets, or that a backfill names again while it runs, has its place already.
local function first_waiting()
  return call('ZRANGE', waiting, 0, 0)[1]
end
local first = first_waiting()
while first and call('ZSCORE', running, first) do
  call('ZREM', waiting, first)
  first = first_waiting()
end

local queued = call('ZCARD', waiting)
if after == '' and queued > 0 and not seen[2] then
  local most = 1
  if lane == 'backfill' then most = tonumber(seen[3] or 1) elseif policy == 'allow' then most = MOST end
  local room = math.min(MOST, most - call('ZCARD', running))
  if room > 0 then
    for _, slot in ipairs(call('ZRANGE', waiting, 0, room - 1)) do
      call('ZADD', running, slot, slot)
      call('ZREM', waiting, slot)
      open[#open + 1] = slot
    end
  end
end
if call('EXISTS', running, waiting) == 0 then call('SREM', busy, lane .. '/' .. name) end
-- Whatever waits under this policy is the newest slot: it is for its sake that the others end.
if lane ~= 'slots' or policy ~= 'cancelRunning' or queued == 0 or seen[2] then going = {} end
return { after, going, open }
