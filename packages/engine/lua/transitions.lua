--[[
  transitions.lua: how runs begin and end, how node runs end, and what follows from it. Not a script of its own: see
  `ledger.lua`, where the conventions are.
]]
-- What the outbox was told last, once a script has asked for it.
local recent
local function emit(P, text)
  call('XADD', P .. ':outbox', '*', 'e', text)
  if recent then recent[text] = true end
end

-- Appends the entry unless it is there: only for repeated calls, which send the same bytes within seconds.
local function emit_once(P, text)
  if not recent then
    recent = {}
    for _, item in ipairs(call('XREVRANGE', P .. ':outbox', '+', '-', 'COUNT', LOOK_BACK)) do
      recent[item[2][2]] = true
    end
  end
  if not recent[text] then emit(P, text) end
end

-- Whether a run of this status goes on. One that has ended is taken out of the open runs: an error may have cut its end.
local function goes_on(P, run, status)
  if status and status ~= 'running' and status ~= 'pending' then call('ZREM', P .. ':runs', run) end
  return status == 'running'
end

--[[
  Limits of runs. A run that must wait, for one of them or because its pipeline is paused, stays pending in the sorted set
  `waiting:<what>`, those of the highest priority first, then the oldest; `waits` names all such sets.
]]
local woken = false
-- Tells the backlog to begin the next run that waits for this.
local function wake(P, what)
  local run = call('ZRANGE', P .. ':waiting:' .. what, 0, 0)[1]
  if not run then return end
  call('RPUSH', P .. ':backlog', run .. '|r|0|begin')
  woken = true
end

-- Whether so many runs hold a limit. Those that hold it no more, some at a time, are forgotten: an error cut their end.
local function is_full(P, what, most)
  local held = P .. ':held:' .. what
  if call('HLEN', held) < most then return false end
  for _, run in ipairs(call('HRANDFIELD', held, 64)) do
    if call('HGET', P .. ':run:' .. run, 'status') ~= 'running' then call('HDEL', held, run) end
  end
  return call('HLEN', held) >= most
end

-- Whether others wait for a limit before a run whose place among them is this: a slot that is free is theirs.
local function has_elders(P, what, run, place)
  local first = call('ZRANGE', P .. ':waiting:' .. what, 0, 0, 'WITHSCORES')
  if not first[1] or first[1] == run then return false end
  local score = tonumber(first[2])
  return score < place or (score == place and first[1] < run)
end

-- Takes a run from those that wait for something. There may be room for the next one as well.
local function wait_no_more(P, what, run)
  call('ZREM', P .. ':waiting:' .. what, run)
  if call('EXISTS', P .. ':waiting:' .. what) == 0 then call('SREM', P .. ':waits', what) end
  wake(P, what)
end

-- Gives back what a run holds that has ended.
local function give_back(P, run, limits)
  for i = 1, #limits, 2 do
    call('HDEL', P .. ':held:' .. limits[i], run)
    wake(P, limits[i])
  end
end

--[[
  Keeps the last partition that a node read of an incremental dataset until the run ends. Where several nodes read it, the one
  that read less counts: what one of them has not seen comes again.
]]
local function keep_checkpoint(key, dataset, last)
  local kept = cjson.decode(call('HGET', key, 'checkpoints') or '{}')
  if kept[dataset] and kept[dataset] <= last then return end
  kept[dataset] = last
  call('HSET', key, 'checkpoints', cjson.encode(kept))
end

--[[
  Checkpoints move when their run has succeeded, before it ends: each becomes a publication, named '>dataset'. What an error cuts
  here is done again: the field `confirming` is written last. True when there is something to wait for.
]]
local function owe_checkpoints(P, run, checkpoints, confirming)
  if not checkpoints or confirming then return false end
  local key, owed = P .. ':run:' .. run, false
  for dataset, last in pairs(cjson.decode(checkpoints)) do
    if last ~= '' then
      local member = run .. '|0|>' .. dataset
      if not call('ZSCORE', P .. ':publications', member) then
        call('ZADD', P .. ':publications', call('INCR', P .. ':publications:sequence'), member)
      end
      call('ZADD', P .. ':due', clock(), 'publish|' .. member)
      call('SADD', key .. ':publish', '>' .. dataset)
      owed = true
    end
  end
  call('HSET', key, 'confirming', '1')
  woken = woken or owed
  return owed
end

-- Ends the run when all its nodes have ended and all its datasets are published.
local function finish_run(P, run, now)
  local key = P .. ':run:' .. run
  if call('EXISTS', key .. ':publish') == 1 then return false end
  local header = call('HMGET', key, 'status', 'failed', 'cancelling', 'retention', 'endedAt', 'retentionFailed',
    'createdAt', 'key', 'limits', 'checkpoints', 'confirming')
  if not goes_on(P, run, header[1]) then return false end
  local status = 'succeeded'
  if header[2] then status = 'failed' end
  if header[3] then status = 'cancelled' end
  if status == 'succeeded' and owe_checkpoints(P, run, header[10], header[11]) then return false end
  -- A repetition must say the same, so the time is fixed before it is told.
  -- `now` may be the time of a worker whose clock is behind: no run ends before it began.
  local ended = header[5] or math.max(now, tonumber(header[7]) or now)
  if not header[5] then call('HSET', key, 'endedAt', ended) end
  local text = '{"type":"run_finished","run":"' .. run .. '","status":"' .. status .. '","at":' .. ended .. '}'
  if header[5] then emit_once(P, text) else emit(P, text) end
  call('SREM', P .. ':cancelling', run)
  call('ZADD', P .. ':finished', ended, run)
  call('DEL', key .. ':edges', key .. ':live', key .. ':losses')
  local kept = (status == 'succeeded' and header[4] or header[6]) or 1209600
  for _, suffix in ipairs({ '', ':nodes', ':data' }) do call('EXPIRE', key .. suffix, kept) end
  -- The idempotency key names the run for as long as there is one.
  local named = P .. ':key:' .. (header[8] or '')
  if header[8] and call('GET', named) == run then call('EXPIRE', named, kept) end
  call('HSET', key, 'status', status)
  if header[9] then give_back(P, run, cjson.decode(header[9])) end
  -- Last, for the reconciler looks only at runs that are listed here.
  call('ZREM', P .. ':runs', run)
  return true
end

-- The record of a node that never started.
local function idle_record(run, index, name, status, now)
  return '{"type":"node_finished","run":"' .. run .. '","node":"' .. name .. '","index":' .. index
    .. ',"attempt":0,"status":"' .. status .. '","startedAt":' .. now .. ',"endedAt":' .. now
    .. ',"worker":"","metrics":[],"outputs":[],"finalMetrics":{}}'
end

--[[
  Follows one chunk of a node's edges.
    how = 'arrive'   the node succeeded: a dependent whose inputs have all arrived is admitted
    how = 'skipped' or 'cancelled'   the dependents end with that status, and theirs after them, by the backlog
  Returns the number of edges, or false when there are none. They are flat: dependent, needed, first byte, bit, name, queue, chunks of its own edges.
]]
local function follow(P, run, plan, producer, chunk, how, now, low, careful)
  local packed = call('HGET', plan, 'd:' .. producer .. ':' .. chunk)
  if not packed then return false end
  local edges = cmsgpack.unpack(packed)
  local key = P .. ':run:' .. run
  if how ~= 'arrive' then
    for i = 1, #edges, EDGES do
      local record = idle_record(run, edges[i], edges[i + 4], how, now)
      local fresh = call('HSETNX', key .. ':nodes', edges[i], record) == 1
      local told = false
      if not fresh and careful then
        record = call('HGET', key .. ':nodes', edges[i])
        told = string.find(record, '"attempt":0,"status":"' .. how .. '"', 1, true) ~= nil
      end
      if fresh or told then
        if fresh then emit(P, record) else emit_once(P, record) end
        for c = 0, edges[i + 6] - 1 do
          call('RPUSH', P .. ':backlog', run .. '|' .. edges[i] .. '|' .. c .. '|' .. how)
        end
      end
    end
    return #edges / EDGES
  end
  -- Arrivals of all edges in one command: set the producer's bit, and read the dependent's bits back.
  local bits, read = {}, {}
  for i = 1, #edges, EDGES do
    local needed = edges[i + 1]
    if needed > 1 and needed <= WORD then
      local at, first = #bits, edges[i + 2] * 8
      bits[at + 1], bits[at + 2], bits[at + 3], bits[at + 4] = 'SET', 'u1', first + edges[i + 3], 1
      bits[at + 5], bits[at + 6], bits[at + 7] = 'GET', 'u' .. needed, first
      read[#read + 1] = i
    elseif needed > 1 then
      local first = edges[i + 2]
      local fresh = call('SETBIT', key .. ':edges', first * 8 + edges[i + 3], 1) == 0
      if call('BITCOUNT', key .. ':edges', first, first + math.floor((needed - 1) / 8)) >= needed then
        release(P, run, edges[i + 5], { edges[i], 1, 0, 0, edges[i + 4] }, now, low, careful or not fresh)
      end
    else
      release(P, run, edges[i + 5], { edges[i], 1, 0, 0, edges[i + 4] }, now, low, careful)
    end
  end
  if #bits == 0 then
    flush(P, run)
    return #edges / EDGES
  end
  local values = call('BITFIELD', key .. ':edges', unpack(bits))
  for n, i in ipairs(read) do
    if values[n * 2] == 2 ^ edges[i + 1] - 1 then
      local fresh = values[n * 2 - 1] == 0
      release(P, run, edges[i + 5], { edges[i], 1, 0, 0, edges[i + 4] }, now, low, careful or not fresh)
    end
  end
  flush(P, run)
  return #edges / EDGES
end

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
      if header[4] and how == 'arrive' then how = 'cancelled' end
      budget = budget - (follow(P, run, P .. ':plan:' .. header[2], producer, chunk, how, now, low, again ~= '') or 0)
      if call('HLEN', P .. ':run:' .. run .. ':nodes') >= tonumber(header[3]) then finish_run(P, run, now) end
    end
    call('LPOP', key)
    budget = budget - 4
  end
  return call('LLEN', key)
end

-- Records the end of a node run and follows its edges. A record that is there already means that this is a repetition.
--   partial   a node of the run has failed, so dependents may have ended before: skipped
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
