--[[
  settle.lua: ends an attempt. The one script of a node: it checks the fence, records the outcome, releases what depends on
  it, appends to the outbox, and lets BullMQ's own moveToFinished remove the job and fetch the next one.

  KEYS[1]      prefix of all keys, with the hash tag; every further key is made from it, or from BullMQ's prefix of the
               queue, and lies in the same slot
  ARGV[1..9]   as BullMQ's moveToFinished; opts keep no finished jobs
  ARGV[10]     run
  ARGV[11]     index of the node
  ARGV[12]     BullMQ's count of starts (`ats`) when this attempt began
  ARGV[13]     outcome: succeeded, failed, cancelled, retry, release, leave
  ARGV[14]     event: node_finished for the first three, node_retrying for the next two; empty for leave
  ARGV[15]     plan's hash
  ARGV[16]     number of nodes of the run
  ARGV[17]     number of chunks of the node's edges
  ARGV[18]     low-water mark of admission
  ARGV[19]     msgpack:
                 succeeded   {dataset, reference, '1' when it is to be published or '', …} and for incremental datasets
                             {dataset, last partition that was read, 'checkpoint', …}; of a branch, behind them, a list of
                             the dependents that it has not chosen
                 failed      {what the run shows as its error}
                 retry       {milliseconds to wait, generation, base, failures, name, queue, record if the run is being
                             cancelled, what `client.runs` shows while it waits}
                 release     the same with 0 milliseconds
                 leave       the same with milliseconds that never pass: the worker's code does not have the node
  ARGV[20]     token of the lock
  ARGV[21]     milliseconds of a lease
  ARGV[22]     '1' when the ledger may show something of the running node: it was noted, or was tried before
  ARGV[23]     BullMQ's time of that start (`processedOn`): a server that lost its last writes may count another start alike
  ARGV[24]     the lane by which the node was admitted, or empty
  ARGV[25]     msgpack: left node runs that the worker would take, or empty: see `take_left`

  Returns {code, reply}: code 0 accepted, 1 accepted and chunks of edges may be left in the backlog, -1 refused (the node run
  went on without this attempt); reply is that of moveToFinished with `attach`, or 0.

  Atomicity: the fence and all decoding come before the first write; the removal of the job is the last, and is the mark that
  everything is done. An error in between leaves the job active, and a repetition completes it. A repetition after a lost
  reply gets the same answer.
]]
local P, run, index, outcome, event = KEYS[1], ARGV[10], ARGV[11], ARGV[13], ARGV[14]
local job_key, low = ARGV[7] .. ARGV[1], tonumber(ARGV[18])
local key, plan = P .. ':run:' .. run, P .. ':plan:' .. ARGV[15]
local total, chunks = tonumber(ARGV[16]), tonumber(ARGV[17])
local details = cmsgpack.unpack(ARGV[19])

-- The fence: an attempt counts unless another one has started, whatever became of its lease.
local start = call('HMGET', job_key, 'ats', 'processedOn')
local starts = start[1]
if not starts and call('EXISTS', job_key) == 1 then
  -- A server that lost its last writes has forgotten this start, and nobody has started since.
  starts = ARGV[12]
elseif not starts and take_back(ARGV[7], ARGV[1], ARGV[12], ARGV[23]) then
  starts = ARGV[12]
elseif starts ~= ARGV[12] or (start[2] or '') ~= ARGV[23] then
  if starts then return { -1, 0 } end
  local again = outcome == 'retry' or outcome == 'release' or outcome == 'leave'
  local record = call('HGET', key .. ':nodes', index)
  local done = record == event or (again and (not record or record == details[7]))
  -- Where it was done before, the reply was lost. Hand out again what that reply had handed out.
  return { done and 0 or -1, attach(P, held_by(ARGV[7], ARGV[20], ARGV[1]) or 0) }
end

local now, lane = tonumber(ARGV[2]), ARGV[24]
local header = call('HMGET', key, 'status', 'cancelling', 'failed', 'priority', 'declining', 'retention')
priorities[run] = tonumber(header[4] or 0)
-- Before all that looks at the lane. Should an error follow, one node run too many may be admitted until this is repeated.
if lane ~= '' then
  local _, _, what = lane_of(lane)
  local held, holder = P .. ':held:' .. what, string.match(ARGV[1], '^(.*)/%d+$')
  -- A repetition may find the next generation there.
  if call('HGET', held, holder) == ARGV[1] then call('HDEL', held, holder) end
end
if not goes_on(P, run, header[1]) then
  -- The run is gone or has ended: only the job is left to remove.
  outcome = 'none'
elseif tonumber(starts) > 1 then
  local record = call('HGET', key .. ':nodes', index)
  if record and record ~= event then
    -- An error cut an earlier attempt after its record was written: complete that one, not this.
    outcome, event, details = cjson.decode(record)['status'], record, {}
    local packed = call('HGET', key .. ':declined', index)
    if packed then details = { cmsgpack.unpack(packed) } end
  end
end
if header[2] and (outcome == 'retry' or outcome == 'release' or outcome == 'leave') then
  outcome, event = 'cancelled', details[7]
end

local function try_again()
  local entry, queue_name = { tonumber(index), details[2], details[3], details[4], details[5] }, details[6]
  -- A suspect that was taken back from quarantine by this late end goes there again.
  local losses = tonumber(call('HGET', key .. ':losses', index) or 0)
  if losses >= SUSPECT and string.sub(queue_name, -#ASIDE) ~= ASIDE then queue_name = queue_name .. ASIDE end
  local shown = call('HGET', key .. ':live', index)
  local reached = shown and cjson.decode(shown)['generation'] or 0
  -- A repetition, and the node run has gone on in between: only the telling may be missing.
  if reached > entry[2] then return event ~= '' and emit_once(P, event) end
  local function show()
    if reached < entry[2] then call('HSET', key .. ':live', index, details[8]) end
  end
  if outcome == 'release' then
    show()
    emit_once(P, event)
    admit(P, run, queue_name, entry, now, low, true, true)
    return
  end
  local timer = 'retry|' .. run .. '|' .. queue_name .. '|' .. encode_entry(entry)
  -- First, for it is by this list that workers find what others left.
  if outcome == 'leave' then call('ZADD', P .. ':left', clock(), timer) end
  local fresh = call('ZADD', P .. ':due', clock() + details[1], timer) == 1
  show()
  if outcome == 'leave' then return end
  if fresh then emit(P, event) else emit_once(P, event) end
end

if outcome == 'succeeded' or outcome == 'reused' then
  local declined = type(details[#details]) == 'table' and table.remove(details)
  keep_outputs(P, run, index, details)
  local how = keep_choice(P, run, index, declined)
  local fingerprint = string.match(event, '"fingerprint":"([^"]+)"')
  if fingerprint and outcome == 'succeeded' then
    call('SET', P .. ':reuse:' .. fingerprint, run .. '|' .. index, 'EX', header[6] or RETENTION)
  end
  conclude(P, run, index, event, header[2] and 'cancelled' or how, plan, total, chunks, now, low, header[3] or header[5])
elseif outcome == 'failed' or outcome == 'skipped' then
  fail_run(P, run, details[1])
  conclude(P, run, index, event, 'skipped', plan, total, chunks, now, low)
elseif outcome == 'cancelled' then
  conclude(P, run, index, event, 'cancelled', plan, total, chunks, now, low)
elseif outcome ~= 'none' then
  try_again()
end
local goes_on_later = outcome == 'retry' or outcome == 'release' or outcome == 'leave'
if ARGV[22] == '1' and not goes_on_later then call('HDEL', key .. ':live', index) end
local queue_name = string.match(ARGV[7], ':queue:(.+):$')
refill(P, queue_name, now, low)
if lane ~= '' then refill(P, lane, now, low) end
take_left(P, ARGV[25], now, low)

local q, shared = ARGV[7], shared_by(ARGV[7])
local k = { q .. 'wait', q .. 'active', q .. 'prioritized', q .. 'events', q .. 'stalled', shared .. 'limiter', q .. 'delayed',
  q .. 'paused', shared .. 'meta', q .. 'pc', q .. 'completed', job_key, q .. 'metrics:completed', q .. 'marker' }
local a = { unpack(ARGV, 1, 9) }
local reply = bull.moveToFinished(k, a)
if reply == -2 or reply == -3 then
  -- The lease has run out, and perhaps the job was put back, but no other attempt has started: take it again.
  local queue = queue_of(P, queue_name, low)
  queue.waiting = queue.waiting - call('LREM', k[1], 0, ARGV[1])
  call('ZREM', k[3], ARGV[1])
  call('LREM', k[2], 0, ARGV[1])
  call('LPUSH', k[2], ARGV[1])
  call('SET', job_key .. ':lock', ARGV[20], 'PX', ARGV[21])
  reply = bull.moveToFinished(k, a)
end
local fetched = has_job(reply)
mend_marker(ARGV[7], queue_of(P, queue_name, low).waiting - (fetched and 1 or 0), fetched)
local more = woken or chunks > 1 or (outcome ~= 'succeeded' and outcome ~= 'retry')
return { more and 1 or 0, attach(P, reply, run, { ARGV[15], header[2] }) }
