--[[
  transitions.lua: how runs begin and node runs end, and what workers and queues are told. Not a script of its own: see
  `ledger.lua`, where the conventions are.
]]
--[[
  Begins a run that was submitted, unless its pipeline is paused or a limit of runs is reached: then it waits. One that is
  being cancelled begins in any case, and ends. Returns true when it has begun.
]]
local function begin_run(P, run, now, low)
  local key = P .. ':run:' .. run
  local header = call('HMGET', key, 'status', 'plan', 'pipeline', 'released', 'limits', 'cancelling', 'priority', 'waits',
    'createdAt', 'startedAt', 'total')
  local status, cancelled, waits = header[1], header[6], header[8]
  if not header[2] or header[4] or (status and status ~= 'pending' and status ~= 'running') then return false end
  local half, limits, reached = status == 'running', header[5] and cjson.decode(header[5]) or {}, nil
  priorities[run] = tonumber(header[7] or 0)
  local place = tonumber(header[9]) - priorities[run] * 1e13
  if not half and not cancelled then
    if call('SISMEMBER', P .. ':paused', header[3]) == 1 then reached = 'pause/' .. header[3] end
    for i = 1, #limits, 2 do
      local holds = reached or call('HEXISTS', P .. ':held:' .. limits[i], run) == 1
      if not holds and (is_full(P, limits[i], limits[i + 1]) or has_elders(P, limits[i], run, place)) then
        reached = limits[i]
      end
    end
  end
  if reached then
    call('SADD', P .. ':waits', reached)
    call('ZADD', P .. ':waiting:' .. reached, place, run)
    if waits and waits ~= reached then wait_no_more(P, waits, run) end
    call('HSET', key, 'status', 'pending', 'waits', reached)
    return false
  end
  if not cancelled then
    for i = 1, #limits, 2 do call('HSET', P .. ':held:' .. limits[i], run, now) end
  end
  -- A repetition must say the same.
  local started = header[10] or (status == 'pending' and now) or header[9]
  if status == 'pending' then call('HSET', key, 'startedAt', started) end
  call('HSET', key, 'status', 'running')
  local event = '{"type":"run_created","run":"' .. run .. '","pipeline":"' .. header[3] .. '","plan":"' .. header[2]
    .. '","at":' .. started .. '}'
  if half then emit_once(P, event) else emit(P, event) end
  local plan, how = P .. ':plan:' .. header[2], cancelled and 'cancelled' or 'arrive'
  follow(P, run, plan, 'r', 0, how, now, low, half)
  for chunk = 1, tonumber(call('HGET', plan, 'c:r') or 1) - 1 do
    call('RPUSH', P .. ':backlog', run .. '|r|' .. chunk .. '|' .. how .. (half and '|' or ''))
  end
  if cancelled and call('HLEN', key .. ':nodes') >= tonumber(header[11]) then finish_run(P, run, now) end
  call('HDEL', key, 'waits')
  call('HSET', key, 'released', 1)
  -- Last, for it is among those that wait that a repetition finds the run.
  if waits then wait_no_more(P, waits, run) end
  return true
end

-- Begins runs that wait for what nobody holds any more: their turn may have come without a word.
local function begin_waiting(P, now, low)
  for _, what in ipairs(call('SRANDMEMBER', P .. ':waits', 16)) do
    local begun = 0
    local run = call('ZRANGE', P .. ':waiting:' .. what, 0, 0)[1]
    if not run then call('SREM', P .. ':waits', what) end
    while run and begun < 8 do
      begin_run(P, run, now, low)
      local next_run = call('ZRANGE', P .. ':waiting:' .. what, 0, 0)[1]
      -- A run that waits here without need, ended or removed, would keep the others waiting.
      if next_run == run and call('HGET', P .. ':run:' .. run, 'waits') ~= what then
        call('ZREM', P .. ':waiting:' .. what, run)
        next_run = call('ZRANGE', P .. ':waiting:' .. what, 0, 0)[1]
      end
      if next_run == run then break end
      run, begun = next_run, begun + 1
    end
  end
end

-- Marks the run as failed, and keeps why: the first failure's word stays.
local function fail_run(P, run, reason)
  local key = P .. ':run:' .. run
  call('HSET', key, 'failed', 1)
  if reason then call('HSETNX', key, 'error', reason) end
end

--[[
  Keeps the outputs of a node that has succeeded, of this run or an earlier one.
    details   {dataset, reference, '1' when it is to be published or '', …} and for incremental datasets {dataset, last
              partition that was read, 'checkpoint', …}
]]
local function keep_outputs(P, run, index, details)
  local key, data = P .. ':run:' .. run, {}
  for i = 1, #details, 3 do
    if details[i + 2] == 'checkpoint' then
      keep_checkpoint(key, details[i], details[i + 1])
    else
      data[#data + 1] = details[i]
      data[#data + 1] = details[i + 1]
    end
    if details[i + 2] == '1' then
      local member = run .. '|' .. index .. '|' .. details[i]
      call('SADD', key .. ':publish', details[i])
      if not call('ZSCORE', P .. ':publications', member) then
        call('ZADD', P .. ':publications', call('INCR', P .. ':publications:sequence'), member)
      end
      call('ZADD', P .. ':due', clock() + 10000, 'publish|' .. member)
    end
  end
  for first = 1, #data, 1000 do
    call('HSET', key .. ':data', unpack(data, first, math.min(first + 999, #data)))
  end
end

-- Notes which dependents a branch has not chosen. Returns how the edges of a node that has succeeded are followed.
local function keep_choice(P, run, index, declined)
  local key = P .. ':run:' .. run
  if not declined then return 'arrive' end
  if #declined == 0 then
    -- An attempt that an error cut may have chosen otherwise.
    call('HDEL', key .. ':declined', index)
    return 'arrive'
  end
  call('HSET', key .. ':declined', index, cmsgpack.pack(declined))
  call('HSET', key, 'declining', 1)
  return 'choose'
end

-- Records the end of a node run and follows its edges. A record that is there already means that this is a repetition.
--   partial   a node of the run has failed, or was not chosen, so dependents may have ended before: skipped
local function conclude(P, run, index, record, how, plan, total, chunks, now, low, partial)
  local key = P .. ':run:' .. run
  local careful = call('HSETNX', key .. ':nodes', index, record) == 0
  if careful then emit_once(P, record) else emit(P, record) end
  local has_dependents = follow(P, run, plan, index, 0, how, now, low, careful)
  for chunk = 1, chunks - 1 do
    -- A repetition may push what was pushed and followed before: the mark makes it careful.
    call('RPUSH', P .. ':backlog', run .. '|' .. index .. '|' .. chunk .. '|' .. how .. (careful and '|' or ''))
  end
  -- Where it succeeded, its dependents have not ended, so neither has the run.
  if how == 'arrive' and has_dependents and not partial then return end
  if call('HLEN', key .. ':nodes') >= total then finish_run(P, run, now) end
end

-- Ends a node run with what was kept of an earlier run: its edges follow, up to 512 now.
local function conclude_kept(P, run, index, header, now, low, careful)
  local key, plan = P .. ':run:' .. run, P .. ':plan:' .. header[2]
  local packed = call('HGET', key .. ':kept', index)
  if not packed or (not careful and call('HEXISTS', key .. ':nodes', index) == 1) then return 0 end
  local kept = cmsgpack.unpack(packed)
  local record, how = kept[1], 'cancelled'
  if header[4] then
    record = call('HGET', key .. ':nodes', index)
      or idle_record(run, index, string.match(record, '"node":"([^"]*)"'), 'cancelled', now)
  else
    keep_outputs(P, run, index, kept[2])
    how = keep_choice(P, run, index, kept[3])
  end
  conclude(P, run, index, record, how, plan, tonumber(header[3]), tonumber(call('HGET', plan, 'c:' .. index) or 1), now, low,
    true)
  return 64
end

-- Follows chunks of the backlog, up to about `budget` edges. Returns how many are left.
local function drain_backlog(P, now, low, budget)
  local key = P .. ':backlog'
  while budget > 0 do
    local item = call('LINDEX', key, 0)
    if not item then return 0 end
    local run, producer, chunk, how, again = string.match(item, '^([^|]+)|([^|]+)|(%d+)|(%a+)(|?)$')
    -- Marked while it is worked on: who finds the mark repeats what an error has cut.
    if again == '' then call('LSET', key, 0, item .. '|') end
    local header = call('HMGET', P .. ':run:' .. run, 'status', 'plan', 'total', 'cancelling', 'priority')
    priorities[run] = tonumber(header[5] or 0)
    if how == 'begin' then
      if begin_run(P, run, now, low) then budget = budget - 256 end
    elseif goes_on(P, run, header[1]) then
      if header[4] and (how == 'arrive' or how == 'choose') then how = 'cancelled' end
      local edges
      if how == 'keep' then
        edges = conclude_kept(P, run, producer, header, now, low, again ~= '')
      else
        edges = follow(P, run, P .. ':plan:' .. header[2], producer, chunk, how, now, low, again ~= '')
      end
      budget = budget - (edges or 0)
      if call('HLEN', P .. ':run:' .. run .. ':nodes') >= tonumber(header[3]) then finish_run(P, run, now) end
    end
    call('LPOP', key)
    budget = budget - 4
  end
  return call('LLEN', key)
end

-- True when BullMQ's reply hands out a job.
local function has_job(reply)
  return type(reply) == 'table' and type(reply[1]) == 'table'
end

--[[
  Adds what the claimer of a job needs to a reply of BullMQ's moveToActive or moveToFinished:
    [5]  references of the inputs that other nodes made, in the plan's order; false when there are so many that the claimer
         reads them in parts
    [6]  'run', 'cancelled' (the run is being cancelled) or 'ended' (the node run has a record: only the job is left over)
  known_run, known_header   a run whose plan and mark of cancellation the script has read already
]]
local function attach(P, reply, known_run, known_header)
  if not has_job(reply) then return reply end
  local fields, data, starts = reply[1], nil, 1
  for i = 1, #fields, 2 do
    if fields[i] == 'data' then data = fields[i + 1] end
    if fields[i] == 'ats' then starts = tonumber(fields[i + 1]) end
  end
  local run, index = string.match(data or '', '^{"run":"([^"]+)","index":(%d+)')
  if not run then return reply end
  local key = P .. ':run:' .. run
  local header = known_header
  if run ~= known_run then header = call('HMGET', key, 'plan', 'cancelling') end
  local inputs = {}
  if header[1] then
    local packed = call('HGET', P .. ':plan:' .. header[1], 'i:' .. index)
    if packed then
      local names = cmsgpack.unpack(packed)
      inputs = #names <= MOST_INPUTS and call('HMGET', key .. ':data', unpack(names))
    end
  end
  reply[5] = inputs
  reply[6] = 'run'
  if header[2] then reply[6] = 'cancelled' end
  if not header[1] or (starts > 1 and call('HEXISTS', key .. ':nodes', index) == 1) then reply[6] = 'ended' end
  return reply
end

-- Finds the job that this token holds: what a reply that never arrived had handed out. An error may have cut that claim
-- before its start was counted, without which no commit of it would pass the fence, or that of a lost attempt would.
local function held_by(queue_prefix, token, except)
  for _, id in ipairs(call('LRANGE', queue_prefix .. 'active', 0, -1)) do
    if id ~= except and call('GET', queue_prefix .. id .. ':lock') == token then
      local start = call('HMGET', queue_prefix .. id, 'ats', 'back')
      if not start[1] or start[1] == start[2] then call('HINCRBY', queue_prefix .. id, 'ats', 1) end
      return { call('HGETALL', queue_prefix .. id), id, 0, 0 }
    end
  end
end

-- BullMQ's prefix of the queue that users pause and limit, from that of one of its own.
local function shared_by(prefix)
  local stop = string.find(prefix, '~', 1, true)
  return stop and string.sub(prefix, 1, stop - 1) .. ':' or prefix
end

--[[
  Wake-ups: BullMQ's marker says that a job waits. Its own scripts set it too often (each claim) and too seldom (a worker
  that finishes without fetching while the queue was at its limit), so it is put right after every change.
    waiting   length of the wait list now
    fetched   true when BullMQ handed out a job in this script, and so has just set the marker
]]
local function mend_marker(prefix, waiting, fetched)
  if waiting > 0 and fetched then return end
  if waiting <= 0 and call('ZCARD', prefix .. 'prioritized') == 0 then
    call('ZREM', prefix .. 'marker', '0')
    return
  end
  local meta = call('HMGET', shared_by(prefix) .. 'meta', 'paused', 'concurrency')
  if meta[1] then return end
  if meta[2] and call('LLEN', prefix .. 'active') >= tonumber(meta[2]) then return end
  call('ZADD', prefix .. 'marker', 0, '0')
end
