--[[
  ledger.lua: functions that every script of the ledger shares. Not a script of its own: `script-text.ts` puts it before
  the body of each script, after BullMQ's own texts, which it reaches as bull.addStandardJob and so on.

  Conventions
    P       prefix of all keys, with its hash tag: `{pw}`
    run     id of a run
    index   position of a node in the plan
    entry   a released node: {index, generation, base, failures, name}
              generation  counts how often the node run was put into a queue; part of the BullMQ job's id, so that a job of
                          an earlier generation can never be taken for a later one
              base        starts of all earlier generations: attempt = base + BullMQ's `ats`
              failures    failed attempts so far, set against the node's retries

  Every write here may be repeated without harm: a script that was cut by an error is sent again and ends in the state that
  one undisturbed call would have left. Hence arrivals are bits and not counters, and the number of finished nodes is the
  length of the hash of their records.
]]
local call = redis.call
local EDGES = 7
-- Inputs that are handed out with a claim; a node with more of them gets its references in parts.
local MOST_INPUTS = 512
-- Bits of arrivals that one integer of a script holds exactly.
local WORD = 52
local EMPTY_OPTIONS = '\128'
-- Entries of the outbox that a repetition looks back over: one script tells more than 512, a chunk of edges and what led to it,
-- and others have told theirs since.
local LOOK_BACK = 4096
-- Losses of a node run after which it runs alone, and the end of the name of the queue where it does.
local SUSPECT = 2
local ASIDE = '~quarantine'

local function clock()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- One table a queue and script: its keys, its room below the low-water mark, and whether other runs wait for admission.
local queues = {}
local function queue_of(P, name, low)
  local queue = queues[name]
  if queue then return queue end
  local prefix = P .. ':queue:' .. name .. ':'
  queue = {
    prefix = prefix,
    ring = P .. ':ready:' .. name,
    name = name,
    marker = prefix .. 'marker',
    wait = prefix .. 'wait',
    keys = { prefix .. 'wait', prefix .. 'paused', prefix .. 'meta', prefix .. 'id', prefix .. 'completed',
             prefix .. 'delayed', prefix .. 'active', prefix .. 'events', prefix .. 'marker' },
  }
  queue.waiting = call('LLEN', queue.wait)
  queue.room = low - queue.waiting
  queue.contended = call('LLEN', queue.ring) > 0
  queues[name] = queue
  return queue
end

local function job_id(run, entry)
  return run .. '/' .. entry[5] .. '/' .. entry[2]
end

local function add_job(queue, run, entry, now)
  bull.addStandardJob(queue.keys, {
    cmsgpack.pack({ queue.prefix, job_id(run, entry), entry[5], now }),
    '{"run":"' .. run .. '","index":' .. entry[1] .. ',"base":' .. entry[3] .. ',"failures":' .. entry[4] .. '}',
    EMPTY_OPTIONS,
  })
  queue.room = queue.room - 1
  queue.waiting = queue.waiting + 1
end

-- BullMQ's prefix of the quarantine that belongs to the queue of this prefix.
local function aside_of(prefix)
  return string.sub(prefix, 1, -2) .. ASIDE .. ':'
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
    if not call('LPOS', queue.ring, run) then call('RPUSH', queue.ring, run) end
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
    add_job(queue, run, entry, now)
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
      if call('RPUSH', ready_key(P, run, name), unpack(later)) == #later then
        call('RPUSH', queue.ring, run)
      end
    end
  end
end

-- Admission of a single node.
local function admit(P, run, queue_name, entry, now, low, careful, retry)
  release(P, run, queue_name, entry, now, low, careful, retry)
  flush(P, run)
end

-- Admits what an error cut between a ready list and the queue.
local function mend_admission(P, queue, key, now)
  for _, text in ipairs(call('LRANGE', key, 0, -1)) do
    local run, rest = string.match(text, '^([^|]+)|(.*)$')
    local entry = decode_entry(rest)
    local shown = call('HGET', P .. ':run:' .. run .. ':live', entry[1])
    -- It may have been admitted before the error, and gone on to a later generation since.
    local gone_on = shown and cjson.decode(shown)['generation'] > entry[2]
    if call('HGET', P .. ':run:' .. run, 'status') ~= 'running' then gone_on = true end
    if not gone_on and not is_known(P, run, queue, entry, true) then add_job(queue, run, entry, now) end
  end
  call('DEL', key)
end

-- Tops the queue up from the ready lists, some nodes of each run in turn. Bounded by the low-water mark.
local function refill(P, queue_name, now, low)
  local queue = queue_of(P, queue_name, low)
  if not queue.contended or queue.room <= low / 2 then return end
  local underway = P .. ':admitting:' .. queue_name
  if call('EXISTS', underway) == 1 then mend_admission(P, queue, underway, now) end
  while queue.room > 0 do
    local runs = call('LLEN', queue.ring)
    if runs == 0 then break end
    local run = call('LINDEX', queue.ring, 0)
    local key = ready_key(P, run, queue_name)
    local taken = call('LRANGE', key, 0, math.max(1, math.floor(queue.room / runs)) - 1)
    local names = {}
    for i, text in ipairs(taken) do names[i] = run .. '|' .. text end
    if #taken > 0 then
      call('RPUSH', underway, unpack(names))
      call('LTRIM', key, #taken, -1)
    end
    if call('EXISTS', key) == 1 then
      call('LMOVE', queue.ring, queue.ring, 'LEFT', 'RIGHT')
    else
      call('LREM', queue.ring, 1, run)
    end
    for _, text in ipairs(taken) do add_job(queue, run, decode_entry(text), now) end
    if #taken > 0 then call('DEL', underway) end
  end
  queue.contended = call('LLEN', queue.ring) > 0
end

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

-- Ends the run when all its nodes have ended and all its datasets are published.
local function finish_run(P, run, now)
  local key = P .. ':run:' .. run
  if call('EXISTS', key .. ':publish') == 1 then return false end
  local header = call('HMGET', key, 'status', 'failed', 'cancelling', 'retention', 'endedAt', 'retentionFailed',
    'createdAt', 'key')
  if not goes_on(P, run, header[1]) then return false end
  local status = 'succeeded'
  if header[2] then status = 'failed' end
  if header[3] then status = 'cancelled' end
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
    local header = call('HMGET', P .. ':run:' .. run, 'status', 'plan', 'total', 'cancelling')
    if goes_on(P, run, header[1]) then
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
  local meta = call('HMGET', prefix .. 'meta', 'paused', 'concurrency')
  if meta[1] then return end
  if meta[2] and call('LLEN', prefix .. 'active') >= tonumber(meta[2]) then return end
  call('ZADD', prefix .. 'marker', 0, '0')
end
