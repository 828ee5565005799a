--[[
  mend.lua: puts right what operators, evictions or lost writes removed of a run. The caller names candidates; here each is
  checked against the queue, the timers and the ready lists, and only what is nowhere is put into a queue again.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  run
  ARGV[2]  low-water mark of admission
  ARGV[3]  msgpack: {index, name, queue, …} of nodes whose inputs are there and which have not ended; at most 256 nodes
  ARGV[4]  msgpack: {index, chunks, 'skipped', 'cancelled' or 'choose', …} of ended nodes whose dependents have not all ended

  Returns how many node runs were put into a queue again.
  Atomicity: check and admission of a node are in one script, so what another worker does meanwhile is seen.
]]
local P, run, low = KEYS[1], ARGV[1], tonumber(ARGV[2])
local ready, followed = cmsgpack.unpack(ARGV[3]), cmsgpack.unpack(ARGV[4])
local key = P .. ':run:' .. run
local header = call('HMGET', key, 'status', 'plan', 'total', 'released')
local now, mended = clock(), 0
if header[2] and not header[4] then
  -- It waits for its time; or for a limit, where its turn may have come; or an error cut its submission.
  if call('ZSCORE', P .. ':due', 'begin|' .. run) then return 0 end
  return begin_run(P, run, now, low) and 1 or 0
end
if not goes_on(P, run, header[1]) then return 0 end

-- What an error cut between a ready list and the queue is admitted first: it has its place, and must not get a second one.
for i = 3, #ready, 3 do
  local underway = P .. ':admitting:' .. ready[i]
  if call('EXISTS', underway) == 1 then mend_admission(P, queue_of(P, ready[i], low), underway, now) end
end

local function is_placed(queue, entry)
  local timer = 'retry|' .. run .. '|' .. queue.name .. '|' .. encode_entry(entry)
  return call('ZSCORE', P .. ':due', timer) or call('ZSCORE', queue.prefix .. 'prioritized', job_id(run, entry))
    or is_known(P, run, queue, entry, true)
end

for i = 1, #ready, 3 do
  local index, name, queue_name = ready[i], ready[i + 1], ready[i + 2]
  local shown = call('HGET', key .. ':live', index)
  local place = shown and cjson.decode(shown) or {}
  local entry = { index, place['generation'] or 1, place['base'] or 0, place['failures'] or 0, name }
  local placed = is_placed(queue_of(P, queue_name, low), entry)
  if tonumber(call('HGET', key .. ':losses', index) or 0) >= SUSPECT then
    queue_name = queue_name .. ASIDE
    placed = placed or is_placed(queue_of(P, queue_name, low), entry)
  end
  if call('HEXISTS', key .. ':kept', index) == 1 then
    call('RPUSH', P .. ':backlog', run .. '|' .. index .. '|0|keep')
  elseif not placed then
    -- A new generation: whoever still holds a job of the old one is refused. What is shown does not tell of an attempt that
    -- has just started, so its number is left out: its files must stay its own.
    local used = (place['attempt'] or 0) + (place['status'] == 'running' and 0 or 1)
    entry[2], entry[3] = entry[2] + 1, math.max(entry[3], used)
    call('HSET', key .. ':live', index, '{"status":"pending","attempt":' .. entry[3] .. ',"generation":' .. entry[2]
      .. ',"base":' .. entry[3] .. ',"failures":' .. entry[4] .. '}')
    admit(P, run, queue_name, entry, now, low, false)
    mended = mended + 1
  end
end

for i = 1, #followed, 3 do
  for chunk = 0, followed[i + 1] - 1 do
    call('RPUSH', P .. ':backlog', run .. '|' .. followed[i] .. '|' .. chunk .. '|' .. followed[i + 2] .. '|')
  end
end

local owed = {}
for _, dataset in ipairs(call('SMEMBERS', key .. ':publish')) do owed[dataset] = dataset end
if next(owed) then
  for _, member in ipairs(call('ZRANGE', P .. ':publications', 0, 999)) do
    local owner, _, name = string.match(member, '^([^|]+)|([^|]+)|(.*)$')
    local dataset = owed[name]
    if owner == run and name == dataset then call('ZADD', P .. ':due', 'NX', now, 'publish|' .. member) end
  end
end
if call('HLEN', key .. ':nodes') >= tonumber(header[3]) then finish_run(P, run, now) end
return mended
