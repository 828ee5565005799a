--[[
  edges.lua: what follows on the end of a node run: dependents that may run, and those that never will. Not a script of its own:
  see `ledger.lua`, where the conventions are.
]]
-- The record of a node that never started.
local function idle_record(run, index, name, status, now, reason)
  return '{"type":"node_finished","run":"' .. run .. '","node":"' .. name .. '","index":' .. index
    .. ',"attempt":0,"status":"' .. status .. '","startedAt":' .. now .. ',"endedAt":' .. now
    .. ',"worker":"","metrics":[],"outputs":[],"finalMetrics":{}' .. (reason and ',"reason":"' .. reason .. '"}' or '}')
end

-- Why the dependents of a node that failed or was skipped are skipped.
local function blame(key, producer)
  local record = call('HGET', key .. ':nodes', producer) or ''
  local failed = string.find(record, '"status":"failed"', 1, true)
  return 'producer ' .. (string.match(record, '"node":"([^"]*)"') or '') .. (failed and ' failed' or ' was skipped')
end

-- Ends a node run that never starts, the one of this edge; its own dependents are left to the backlog.
local function end_idle(P, run, edges, i, how, now, careful, reason)
  local key = P .. ':run:' .. run
  local record = idle_record(run, edges[i], edges[i + 4], how, now, reason)
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

-- Whether runs keep results of earlier ones, once a script has asked for it.
local keeping = {}
-- Lets the node run of an edge run, or end with what was kept of an earlier run: that is left to the backlog.
local function let_go(P, run, edges, i, now, low, careful)
  if keeping[run] == nil then keeping[run] = call('EXISTS', P .. ':run:' .. run .. ':kept') == 1 end
  if keeping[run] and call('HEXISTS', P .. ':run:' .. run .. ':kept', edges[i]) == 1 then
    call('RPUSH', P .. ':backlog', run .. '|' .. edges[i] .. '|0|keep')
    woken = true
    return
  end
  release(P, run, edges[i + 5], { edges[i], 1, 0, 0, edges[i + 4] }, now, low, careful)
end

--[[
  Follows an edge to a node that waits until all its producers have ended: `all` runs then in any case, `any` when one of them
  has succeeded, which the bit behind those of the arrivals tells.
]]
local function follow_trigger(P, run, trigger, edges, i, succeeded, now, low, careful)
  local key = P .. ':run:' .. run
  local needed, first, fresh = edges[i + 1], edges[i + 2], true
  if needed > 1 then
    local last = first + math.floor((needed - 1) / 8)
    if trigger == 'any' and succeeded then
      call('SETBIT', key .. ':edges', (last + 1) * 8, 1)
    elseif trigger == 'any' then
      succeeded = call('GETBIT', key .. ':edges', (last + 1) * 8) == 1
    end
    fresh = call('SETBIT', key .. ':edges', first * 8 + edges[i + 3], 1) == 0
    if call('BITCOUNT', key .. ':edges', first, last) < needed then return end
  end
  if call('HEXISTS', key, 'cancelling') == 1 then
    end_idle(P, run, edges, i, 'cancelled', now, careful)
  elseif trigger == 'all' or succeeded then
    let_go(P, run, edges, i, now, low, careful or not fresh)
  else
    end_idle(P, run, edges, i, 'skipped', now, careful, 'no input succeeded')
  end
end

-- Takes out of the edges of a branch those to nodes that it has not chosen, which are skipped.
local function decline(P, run, producer, edges, now, careful)
  local key = P .. ':run:' .. run
  local packed, declined, chosen = call('HGET', key .. ':declined', producer), {}, {}
  for _, index in ipairs(packed and cmsgpack.unpack(packed) or {}) do declined[index] = true end
  local name = string.match(call('HGET', key .. ':nodes', producer) or '', '"node":"([^"]*)"') or ''
  for i = 1, #edges, EDGES do
    if declined[edges[i]] then
      end_idle(P, run, edges, i, 'skipped', now, careful, 'not chosen by ' .. name)
    else
      for field = 0, EDGES - 1 do chosen[#chosen + 1] = edges[i + field] end
    end
  end
  return chosen
end

--[[
  Follows one chunk of a node's edges.
    how = 'arrive'   the node succeeded: a dependent whose inputs have all arrived is admitted
    how = 'choose'   the same of a branch: dependents that it has not chosen are skipped
    how = 'skipped' or 'cancelled'   the dependents end with that status, and theirs after them, by the backlog; but those
                     that wait until all their producers have ended may run after one that failed or was skipped
  Returns the number of edges, or false when there are none. They are flat: dependent, needed, first byte, bit, name, queue,
  chunks of its own edges. Behind them, where there are any, a table: dependent -> `any` or `all`, of those that wait for the
  ends of all.
]]
local function follow(P, run, plan, producer, chunk, how, now, low, careful)
  local packed = call('HGET', plan, 'd:' .. producer .. ':' .. chunk)
  if not packed then return false end
  local edges = cmsgpack.unpack(packed)
  local triggers = type(edges[#edges]) == 'table' and table.remove(edges) or {}
  local key, count = P .. ':run:' .. run, #edges / EDGES
  if how ~= 'arrive' and how ~= 'choose' then
    local reason = how == 'skipped' and blame(key, producer) or nil
    for i = 1, #edges, EDGES do
      local trigger = how == 'skipped' and triggers[tostring(edges[i])]
      if trigger then
        follow_trigger(P, run, trigger, edges, i, false, now, low, careful)
      else
        end_idle(P, run, edges, i, how, now, careful, reason)
      end
    end
    flush(P, run)
    return count
  end
  if how == 'choose' then edges = decline(P, run, producer, edges, now, careful) end
  -- Arrivals of all edges in one command: set the producer's bit, and read the dependent's bits back.
  local bits, read = {}, {}
  for i = 1, #edges, EDGES do
    local needed = edges[i + 1]
    local trigger = triggers[tostring(edges[i])]
    if trigger then
      follow_trigger(P, run, trigger, edges, i, true, now, low, careful)
    elseif needed > 1 and needed <= WORD then
      local at, first = #bits, edges[i + 2] * 8
      bits[at + 1], bits[at + 2], bits[at + 3], bits[at + 4] = 'SET', 'u1', first + edges[i + 3], 1
      bits[at + 5], bits[at + 6], bits[at + 7] = 'GET', 'u' .. needed, first
      read[#read + 1] = i
    elseif needed > 1 then
      local first = edges[i + 2]
      local fresh = call('SETBIT', key .. ':edges', first * 8 + edges[i + 3], 1) == 0
      if call('BITCOUNT', key .. ':edges', first, first + math.floor((needed - 1) / 8)) >= needed then
        let_go(P, run, edges, i, now, low, careful or not fresh)
      end
    else
      let_go(P, run, edges, i, now, low, careful)
    end
  end
  local values = #bits > 0 and call('BITFIELD', key .. ':edges', unpack(bits))
  for n, i in ipairs(read) do
    if values[n * 2] == 2 ^ edges[i + 1] - 1 then
      local fresh = values[n * 2 - 1] == 0
      let_go(P, run, edges, i, now, low, careful or not fresh)
    end
  end
  flush(P, run)
  return count
end
