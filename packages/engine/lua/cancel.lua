--[[
  cancel.lua: cancels a run. Nodes that wait end as cancelled here; a running one is told by its worker, which reads the
  header with each renewal of its lease; its dependents end as cancelled when it does.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  run
  ARGV[2]  low-water mark of admission

  Returns `cancelling`, `more` (nodes are left in ready lists: call again), `ended` (the run had ended), or `unknown`.
  Atomicity: the header's mark comes first; every step may be repeated.
]]
local P, run, low = KEYS[1], ARGV[1], tonumber(ARGV[2])
local key = P .. ':run:' .. run
local header = call('HMGET', key, 'status', 'plan', 'total', 'cancelling')
if not header[1] then return 'unknown' end
if header[1] ~= 'running' then return 'ended' end
local now, plan, total = clock(), P .. ':plan:' .. header[2], tonumber(header[3])
local answer = 'cancelling'
call('HSET', key, 'cancelling', 1)
call('SADD', P .. ':cancelling', run)

local function stop(entry)
  local record = idle_record(run, entry[1], entry[5], 'cancelled', now)
  if call('HEXISTS', key .. ':nodes', entry[1]) == 1 then return end
  conclude(P, run, entry[1], record, 'cancelled', plan, total,
    tonumber(call('HGET', plan, 'c:' .. entry[1]) or 1), now, low)
end

for _, name in ipairs(call('SMEMBERS', P .. ':queues')) do
  local prefix = P .. ':queue:' .. name .. ':'
  -- The wait list is short: admission keeps it near the low-water mark.
  for _, id in ipairs(call('LRANGE', prefix .. 'wait', 0, 4095)) do
    if string.sub(id, 1, #run + 1) == run .. '/' then
      local job = call('HMGET', prefix .. id, 'data', 'name')
      local index = string.match(job[1] or '', '"index":(%d+)')
      if index then stop({ tonumber(index), 0, 0, 0, job[2] }) end
      call('LREM', prefix .. 'wait', 1, id)
      call('DEL', prefix .. id)
    end
  end
  local ready = ready_key(P, run, name)
  -- A ready list may be as long as the run is wide, so it is taken in parts.
  for _, text in ipairs(call('LRANGE', ready, 0, 511)) do
    stop(decode_entry(text))
  end
  if call('EXISTS', ready) == 1 then call('LTRIM', ready, 512, -1) end
  if call('EXISTS', ready) == 0 then
    call('LREM', P .. ':ready:' .. name, 0, run)
  else
    answer = 'more'
  end
end
local timers = {}
local mine = 'retry|' .. run .. '|'
for first = 0, call('ZCARD', P .. ':due') - 1, 4096 do
  for _, member in ipairs(call('ZRANGE', P .. ':due', first, first + 4095)) do
    if string.sub(member, 1, #mine) == mine then timers[#timers + 1] = member end
  end
end
for _, member in ipairs(timers) do
  stop(decode_entry(string.match(member, '^retry|[^|]+|[^|]+|(.*)$')))
  call('ZREM', P .. ':due', member)
end
return answer
