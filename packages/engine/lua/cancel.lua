--[[
  cancel.lua: cancels a run. Nodes that wait end as cancelled here; a running one is told by its worker, which reads the
  header with each renewal of its lease; its dependents end as cancelled when it does.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  run
  ARGV[2]  low-water mark of admission
  ARGV[3]  where to go on among the timers: 0, then what the last call said

  Returns `cancelling`, `more <where>` (something may be left: call again), `ended` (the run had ended), or `unknown`.
  Atomicity: the header's mark comes first; every step may be repeated.
]]
local P, run, low, cursor = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local key = P .. ':run:' .. run
local header = call('HMGET', key, 'status', 'plan', 'total', 'cancelling', 'released')
if not header[2] then return 'unknown' end
local answer = 'ended'
if header[1] == 'pending' or (header[1] ~= 'running' and not header[5]) then
  -- It waits, or an error cut its submission: it begins, and ends.
  call('HSET', key, 'cancelling', 1)
  call('ZREM', P .. ':due', 'begin|' .. run)
  begin_run(P, run, clock(), low)
  header[1], answer = call('HGET', key, 'status'), 'cancelling'
end
if not goes_on(P, run, header[1]) then return answer end
local now, plan, total = clock(), P .. ':plan:' .. header[2], tonumber(header[3])
-- Edges to follow in one call, about: of a wide or dense run, thousands of nodes may wait with hundreds of dependents each.
local budget = 512
answer = 'cancelling'
call('HSET', key, 'cancelling', 1)
call('SADD', P .. ':cancelling', run)

local function stop(entry)
  local index = entry[1]
  budget = budget - 4 - call('HSTRLEN', plan, 'd:' .. index .. ':0') / 32
  local known = call('HGET', key .. ':nodes', index)
  -- It ended otherwise; or here, by a call that an error has cut: then this one tells it and follows its edges.
  if known and not string.find(known, '"attempt":0,"status":"cancelled"', 1, true) then return end
  local record = known or idle_record(run, index, entry[5], 'cancelled', now)
  conclude(P, run, index, record, 'cancelled', plan, total, tonumber(call('HGET', plan, 'c:' .. index) or 1), now, low)
end

for _, name in ipairs(call('SMEMBERS', P .. ':queues')) do
  local prefix = P .. ':queue:' .. name .. ':'
  -- The wait list is short: admission keeps it near the low-water mark.
  for _, id in ipairs(call('LRANGE', prefix .. 'wait', 0, 4095)) do
    if budget <= 0 then break end
    if string.sub(id, 1, #run + 1) == run .. '/' then
      local job = call('HMGET', prefix .. id, 'data', 'name')
      local index = string.match(job[1] or '', '"index":(%d+)')
      if index then stop({ tonumber(index), 0, 0, 0, job[2] }) end
      -- Out of the list and not yet removed, nobody would find it again.
      call('EXPIRE', prefix .. id, 86400)
      call('LREM', prefix .. 'wait', 1, id)
      call('DEL', prefix .. id)
    end
  end
  local ready, taken = ready_key(P, run, name), 0
  -- A ready list may be as long as the run is wide, so it is taken in parts.
  for _, text in ipairs(call('LRANGE', ready, 0, 127)) do
    if budget <= 0 then break end
    stop(decode_entry(text))
    taken = taken + 1
  end
  if taken > 0 then call('LTRIM', ready, taken, -1) end
  if call('EXISTS', ready) == 0 then leave_turn(P, name, run) end
  if budget <= 0 or call('EXISTS', ready) == 1 then answer = 'more ' .. cursor end
end
if answer ~= 'cancelling' then return answer end
local mine = 'retry|' .. run .. '|'
local page = call('ZSCAN', P .. ':due', cursor, 'COUNT', 1024)
local where = page[1] ~= '0' and page[1]
for i = 1, #page[2], 2 do
  local member = page[2][i]
  if budget <= 0 then
    where = cursor
    break
  end
  if string.sub(member, 1, #mine) == mine then
    stop(decode_entry(string.match(member, '^retry|[^|]+|[^|]+|(.*)$')))
    call('ZREM', P .. ':due', member)
  end
end
if where then answer = 'more ' .. where end
return answer
