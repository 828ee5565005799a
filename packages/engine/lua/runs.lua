--[[
  runs.lua: what is told, what runs wait for before they begin, and how they end. Not a script of its own: see `ledger.lua`,
  where the conventions are.
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
  call('DEL', key .. ':edges', key .. ':live', key .. ':losses', key .. ':kept', key .. ':declined')
  local kept = (status == 'succeeded' and header[4] or header[6]) or RETENTION
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
