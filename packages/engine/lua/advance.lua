--[[
  advance.lua: moves everything that waits for time or room: chunks of the backlog, retries and
  runs that are due, runs that wait for a limit, ready lists.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  low-water mark of admission
  ARGV[2]  edges to follow, about
  ARGV[3]  '1' when the caller makes the publications that are due

  Returns {chunks left, milliseconds until the next timer or -1, publications to redo as run|index|dataset, runs that are
  being cancelled (at most 256), quarantines and queues of resources in which something waits or runs, some of the node runs that
  were left (at most 256): see `take_left`}.
  Atomicity: each timer and chunk is removed after its work is done; admission of a repetition finds its job and adds none.
]]
local P, low, budget = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now = clock()
local left = drain_backlog(P, now, low, budget)
local publications = {}
for _, member in ipairs(call('ZRANGEBYSCORE', P .. ':due', 0, now, 'LIMIT', 0, 64)) do
  local kind, rest = string.match(member, '^(%a+)|(.*)$')
  if kind == 'retry' then
    local run, queue_name, text = string.match(rest, '^([^|]+)|([^|]+)|(.*)$')
    local key = P .. ':run:' .. run
    local entry = decode_entry(text)
    if call('HGET', key, 'status') == 'running' and call('HEXISTS', key .. ':nodes', entry[1]) == 0 then
      admit(P, run, queue_name, entry, now, low, true, true)
    end
    call('ZREM', P .. ':due', member)
  elseif kind == 'begin' then
    begin_run(P, rest, now, low)
    call('ZREM', P .. ':due', member)
  elseif kind == 'publish' and ARGV[3] ~= '1' then
    -- Left to a worker.
  elseif kind == 'publish' then
    publications[#publications + 1] = rest
    call('ZADD', P .. ':due', now + 30000, member)
  else
    call('ZREM', P .. ':due', member)
  end
end
begin_waiting(P, now, low)
-- What was left of runs that have ended is forgotten, some at a time.
for _, timer in ipairs(call('ZRANDMEMBER', P .. ':left', 8)) do
  local run = string.match(timer, '^retry|([^|]+)|')
  if not call('ZSCORE', P .. ':due', timer) then
    call('ZREM', P .. ':left', timer)
  elseif call('HGET', P .. ':run:' .. run, 'status') ~= 'running' then
    call('ZREM', P .. ':due', timer)
    call('ZREM', P .. ':left', timer)
  end
end
local special = {}
for _, name in ipairs(call('SMEMBERS', P .. ':queues')) do
  local underway = P .. ':admitting:' .. name
  -- There may be a lane for every node of every pipeline, and hardly any has somebody waiting.
  if call('EXISTS', underway, P .. ':ready:' .. name, P .. ':levels:' .. name) > 0 then
    if call('EXISTS', underway) == 1 then mend_admission(P, queue_of(P, name, low), underway, now) end
    refill(P, name, now, low)
  end
  if not lane_of(name) then
    local prefix = P .. ':queue:' .. name .. ':'
    local waiting = call('LLEN', prefix .. 'wait')
    mend_marker(prefix, waiting, false)
    if string.find(name, '~', 1, true) and (waiting > 0 or call('LLEN', prefix .. 'active') > 0) then
      special[#special + 1] = name
    end
  end
end
local next_due = call('ZRANGE', P .. ':due', 0, 0, 'WITHSCORES')
local wait = -1
if next_due[2] then wait = math.max(0, tonumber(next_due[2]) - now) end
return { left, wait, publications, call('SRANDMEMBER', P .. ':cancelling', 256), special,
  call('ZRANDMEMBER', P .. ':left', 256) }
