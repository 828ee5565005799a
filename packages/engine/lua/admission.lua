--[[
  admission.lua: how released nodes get into BullMQ's queues: at once, in turn, by priority, and within limits. Not a script
  of its own: see `ledger.lua`, where the conventions are.

  Names of queues
    default                     a queue as users name it
    default~gpu=1               node runs of it that need resources: claimed by workers that have them to spare
    default~quarantine          suspects of it, each alone
    default^2^node/train/fit    a lane: nodes for `default` of which at most two are admitted at a time, counted as node/train/fit
]]
-- BullMQ's prefix of the quarantine that belongs to the queue of this prefix.
local function aside_of(prefix)
  return string.sub(prefix, 1, -2) .. ASIDE .. ':'
end

-- The queue that a queue belongs to: that of users, whose pause and rate limit hold for its quarantine and its queues of
-- resources too.
local function base_of(name)
  local stop = string.find(name, '[~^]')
  return stop and string.sub(name, 1, stop - 1) or name
end

local function meta_of(P, name)
  return P .. ':queue:' .. base_of(name) .. ':meta'
end

-- A lane's real queue, how many node runs of it may be admitted at a time, and what they are counted under; nil for other names.
local function lane_of(name)
  if not string.find(name, '^', 1, true) then return nil end
  local real, most, what = string.match(name, '^([^%^]+)%^(%d+)%^(.+)$')
  if string.sub(what, -#ASIDE) == ASIDE then real, what = real .. ASIDE, string.sub(what, 1, -#ASIDE - 1) end
  return real, tonumber(most), what
end

-- Forgets holders whose job is gone, some at a time: whatever ended them said nothing, or an error cut what it said. Those in
-- the queue and those in its quarantine are counted together.
local function sweep_lane(lane)
  local plain = string.gsub(lane.prefix, ASIDE .. ':$', ':')
  local some = call('HRANDFIELD', lane.held, 64, 'WITHVALUES')
  for i = 1, #some, 2 do
    if call('EXISTS', plain .. some[i + 1], aside_of(plain) .. some[i + 1]) == 0 then
      call('HDEL', lane.held, some[i])
    end
  end
end

-- How many of a lane's node runs lie in its queue and wait for a worker.
local function waiting_of(lane)
  local count = 0
  for _, id in ipairs(call('LRANGE', lane.wait, 0, -1)) do
    if call('HGET', lane.held, string.match(id, '^(.*)/%d+$') or '') == id then count = count + 1 end
  end
  return count
end

-- One table a queue and script: its keys, its room below the low-water mark, and whether other runs wait for admission.
local queues = {}
local function queue_of(P, name, low)
  local queue = queues[name]
  if queue then return queue end
  local real, most, what = lane_of(name)
  local prefix = P .. ':queue:' .. (real or name) .. ':'
  queue = {
    P = P,
    prefix = prefix,
    ring = P .. ':ready:' .. name,
    levels = P .. ':levels:' .. name,
    name = name,
    marker = prefix .. 'marker',
    wait = prefix .. 'wait',
    keys = { prefix .. 'wait', prefix .. 'paused', meta_of(P, name), prefix .. 'id', prefix .. 'completed',
             prefix .. 'delayed', prefix .. 'active', prefix .. 'events', prefix .. 'marker' },
  }
  if real then
    queue.held = P .. ':held:' .. what
    queue.jobs = queue_of(P, real, low)
    queue.room = most - call('HLEN', queue.held)
    if queue.room <= 0 then
      sweep_lane(queue)
      queue.room = most - call('HLEN', queue.held)
    end
    -- No lane fills a queue, or others would wait behind all that it lets in.
    if queue.room > 0 and most > low then queue.room = math.min(queue.room, low - waiting_of(queue)) end
  else
    queue.jobs = queue
    queue.waiting = call('LLEN', queue.wait)
    queue.room = low - queue.waiting
  end
  queue.contended = call('EXISTS', queue.ring, queue.levels) > 0
  queues[name] = queue
  return queue
end

local function job_id(run, entry)
  return run .. '/' .. entry[5] .. '/' .. entry[2]
end

-- Priorities of runs by id, once a script has read them.
local priorities = {}
local function priority_of(P, run)
  local known = priorities[run]
  if known then return known end
  known = tonumber(call('HGET', P .. ':run:' .. run, 'priority') or 0)
  priorities[run] = known
  return known
end

-- Priority of a job's run; 0 for jobs that are none of ours.
local function level_of(P, id)
  local run = string.match(id, '^([^/]+)/')
  return run and priority_of(P, run) or 0
end

-- Puts the last job of a queue, which is urgent, before those of lower priority. It stays behind those of its own, or a long
-- run would keep others of its priority waiting.
local function put_forward(queue, id, level)
  local jobs, at = call('LRANGE', queue.wait, 1, -1), 1
  while jobs[at] and level_of(queue.P, jobs[at]) < level do at = at + 1 end
  if at == 1 then return end
  call('LPOP', queue.wait)
  if jobs[at] then
    call('LINSERT', queue.wait, 'BEFORE', jobs[at], id)
  else
    call('RPUSH', queue.wait, id)
  end
end

local function add_job(queue, run, entry, now, level)
  local id = job_id(run, entry)
  if queue.held then call('HSET', queue.held, run .. '/' .. entry[5], id) end
  bull.addStandardJob(queue.keys, {
    cmsgpack.pack({ queue.prefix, id, entry[5], now }),
    '{"run":"' .. run .. '","index":' .. entry[1] .. ',"base":' .. entry[3] .. ',"failures":' .. entry[4] .. '}',
    EMPTY_OPTIONS,
  })
  if level > 0 then put_forward(queue, id, level) end
  local jobs = queue.jobs
  jobs.room = jobs.room - 1
  jobs.waiting = jobs.waiting + 1
  if queue.held then queue.room = queue.room - 1 end
end

-- Runs of one priority that wait for admission to a queue, in turn. Those of priority 0 have the shortest name.
local function ring_of(queue, level)
  return level == 0 and queue.ring or queue.ring .. ':' .. level
end

-- Gives a run its place among those that wait, unless it has it.
local function take_turn(queue, run, level, careful)
  local ring = ring_of(queue, level)
  if careful and call('LPOS', ring, run) then return end
  if level ~= 0 then call('ZADD', queue.levels, level, level) end
  call('RPUSH', ring, run)
end

-- Takes a run's place away: nothing of it waits for admission to the queue any more.
local function leave_turn(P, name, run)
  local level = priority_of(P, run)
  local ring = ring_of({ ring = P .. ':ready:' .. name }, level)
  call('LREM', ring, 0, run)
  if level ~= 0 and call('EXISTS', ring) == 0 then call('ZREM', P .. ':levels:' .. name, level) end
end

--[[
  Puts a suspect job, which waits, into the quarantine of its queue. It keeps its id and its starts, so that the attempt that
  was taken for lost may still end it as long as nobody has started it there: see `take_back`.
]]
local function set_aside(P, prefix, id)
  local aside = aside_of(prefix)
  call('SADD', P .. ':queues', string.match(aside, ':queue:(.+):$'))
  call('LREM', prefix .. 'wait', 0, id)
  call('DEL', prefix .. id .. ':lock')
  call('RENAME', prefix .. id, aside .. id)
  call('LPUSH', aside .. 'wait', id)
end

-- Takes a job back that was set aside and not started since this start. False when there is none.
local function take_back(prefix, id, count, at)
  local aside = aside_of(prefix)
  local start = call('HMGET', aside .. id, 'ats', 'processedOn')
  if start[1] ~= count or (start[2] or '') ~= at then return false end
  call('LREM', aside .. 'wait', 0, id)
  call('RENAME', aside .. id, prefix .. id)
  return true
end

local function ready_key(P, run, queue_name)
  return P .. ':run:' .. run .. ':ready:' .. queue_name
end

local function encode_entry(entry)
  return entry[1] .. '|' .. entry[2] .. '|' .. entry[3] .. '|' .. entry[4] .. '|' .. entry[5]
end

local function decode_entry(text)
  local index, generation, base, failures, name = string.match(text, '^(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
  return { tonumber(index), tonumber(generation), tonumber(base), tonumber(failures), name }
end

--[[
  True when the node has ended, waits for a retry, waits in its run's ready list, or has a job that a worker can find. A job
  that an error left without a place in the queue is removed, so that it can be added again.
    retry   the entry is that retry
]]
local function is_known(P, run, queue, entry, retry)
  if call('HEXISTS', P .. ':run:' .. run .. ':nodes', entry[1]) == 1 then return true end
  if not retry and call('HEXISTS', P .. ':run:' .. run .. ':live', entry[1]) == 1 then return true end
  -- A ready list may be as long as the run is wide. What a repetition would add again is near its end; the reconciler asks
  -- for nodes that it did not see in the list, and for the first, with which it checks that the list is in turn.
  local ready, text = ready_key(P, run, queue.name), encode_entry(entry)
  if call('LPOS', ready, text, 'RANK', -1, 'MAXLEN', 1024) or call('LPOS', ready, text, 'MAXLEN', 64) then
    take_turn(queue, run, priority_of(P, run), true)
    return true
  end
  local id = job_id(run, entry)
  for _, prefix in ipairs({ queue.prefix, aside_of(queue.prefix) }) do
    if call('EXISTS', prefix .. id) == 1 then
      if call('LPOS', prefix .. 'wait', id) or call('LPOS', prefix .. 'active', id) then return true end
      call('DEL', prefix .. id)
    end
  end
  return false
end

-- Admission: into the BullMQ queue at once when it has room and no run waits, else into the run's ready list: `flush` does
-- that for all nodes that a script releases.
local function release(P, run, queue_name, entry, now, low, careful, retry)
  local queue = queue_of(P, queue_name, low)
  if careful and is_known(P, run, queue, entry, retry) then return end
  if queue.room > 0 and not queue.contended then
    add_job(queue, run, entry, now, priority_of(P, run))
    return
  end
  local later = queue.later or {}
  later[#later + 1] = encode_entry(entry)
  queue.later = later
  queue.contended = true
end

-- Appends to the ready lists what `release` put aside, one command for each queue.
local function flush(P, run)
  for name, queue in pairs(queues) do
    local later = queue.later
    if later then
      queue.later = nil
      -- Plans do not name these, and the caretaker goes by the names.
      if string.sub(name, -#ASIDE) == ASIDE then call('SADD', P .. ':queues', name) end
      if call('RPUSH', ready_key(P, run, name), unpack(later)) == #later then
        take_turn(queue, run, priority_of(P, run), false)
      end
    end
  end
end

-- Admission of a single node.
local function admit(P, run, queue_name, entry, now, low, careful, retry)
  release(P, run, queue_name, entry, now, low, careful, retry)
  flush(P, run)
end

-- Whether a node run has gone on to a later generation than this entry, or its run has ended.
local function has_gone_on(P, run, entry)
  local shown = call('HGET', P .. ':run:' .. run .. ':live', entry[1])
  if shown and cjson.decode(shown)['generation'] > entry[2] then return true end
  return call('HGET', P .. ':run:' .. run, 'status') ~= 'running'
end

-- Admits what an error cut between a ready list and the queue. It may have been admitted before the error.
local function mend_admission(P, queue, key, now)
  for _, text in ipairs(call('LRANGE', key, 0, -1)) do
    local run, rest = string.match(text, '^([^|]+)|(.*)$')
    local entry = decode_entry(rest)
    if not has_gone_on(P, run, entry) and not is_known(P, run, queue, entry, true) then
      add_job(queue, run, entry, now, priority_of(P, run))
    end
  end
  call('DEL', key)
end

--[[
  Puts one node run that was left before all others of its queue, so that the caller, whose code has it, is handed it in this
  script. A worker whose code does not have a node gives it a timer that never fires, so that whatever looks for the node run
  finds it, and lists the timer in `left`.
    packed   msgpack of such timers, `retry|run|queue|entry`: of those that the caller would take, the first that is there counts
]]
local function take_left(P, packed, now, low)
  if not packed or packed == '' then return end
  for _, timer in ipairs(cmsgpack.unpack(packed)) do
    local run, name, text = string.match(timer, '^retry|([^|]+)|([^|]+)|(.*)$')
    local entry, queue = decode_entry(text), queue_of(P, name, low)
    local open = (not queue.held or queue.room > 0) and call('HEXISTS', meta_of(P, name), 'paused') == 0
    if open and call('ZSCORE', P .. ':due', timer) then
      local wanted = not has_gone_on(P, run, entry) and not is_known(P, run, queue, entry, true)
      if wanted then add_job(queue, run, entry, now, math.huge) end
      -- Last: a repetition finds the job.
      call('ZREM', P .. ':due', timer)
      call('ZREM', P .. ':left', timer)
      if wanted then return end
    end
  end
end

-- Tops the queue up from the ready lists of one ring, some nodes of each run in turn. True when no run of the ring waits.
local function refill_from(P, queue, level, extra, underway, now)
  local ring = ring_of(queue, level)
  while queue.room + extra > 0 do
    local runs = call('LLEN', ring)
    if runs == 0 then return true end
    local run = call('LINDEX', ring, 0)
    local key = ready_key(P, run, queue.name)
    local taken = call('LRANGE', key, 0, math.max(1, math.floor((queue.room + extra) / runs)) - 1)
    local names = {}
    for i, text in ipairs(taken) do names[i] = run .. '|' .. text end
    if #taken > 0 then
      call('RPUSH', underway, unpack(names))
      call('LTRIM', key, #taken, -1)
    end
    if call('EXISTS', key) == 1 then
      call('LMOVE', ring, ring, 'LEFT', 'RIGHT')
    else
      call('LREM', ring, 1, run)
    end
    for _, text in ipairs(taken) do add_job(queue, run, decode_entry(text), now, level) end
    if #taken > 0 then call('DEL', underway) end
  end
  return call('EXISTS', ring) == 0
end

-- Whether a job of lower priority is next in the queue.
local function is_overtaken(P, queue, level)
  if queue.held then return false end
  local id = call('LINDEX', queue.wait, -1)
  return id and level_of(P, id) < level
end

--[[
  Tops the queue up, runs of the highest priority first. Bounded by the low-water mark; but where a job of lower priority is
  next, some nodes of a run above 0 are put before it however full the queue is, or slow nodes would keep them out.
]]
local function refill(P, queue_name, now, low)
  local queue = queue_of(P, queue_name, low)
  if not queue.contended then return end
  local levels = call('ZREVRANGE', queue.levels, 0, -1)
  local top = tonumber(levels[1] or 0)
  local extra = top > 0 and is_overtaken(P, queue, top) and math.max(0, math.floor(low / 2) + 1 - queue.room) or 0
  if queue.room + extra <= (queue.held and 0 or low / 2) then return end
  local underway = P .. ':admitting:' .. queue_name
  if call('EXISTS', underway) == 1 then mend_admission(P, queue, underway, now) end
  local passed = false
  for _, text in ipairs(levels) do
    local level = tonumber(text)
    if level < 0 and not passed then
      passed = true
      refill_from(P, queue, 0, 0, underway, now)
    end
    if refill_from(P, queue, level, level > 0 and extra or 0, underway, now) then call('ZREM', queue.levels, text) end
  end
  if not passed then refill_from(P, queue, 0, 0, underway, now) end
  queue.contended = call('EXISTS', queue.ring, queue.levels) > 0
end
