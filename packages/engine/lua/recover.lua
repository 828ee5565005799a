--[[
  recover.lua: takes node runs back from workers that were lost.

  KEYS[1..9]  as BullMQ's moveStalledJobsToWait
  KEYS[10]    prefix of all keys, with the hash tag
  ARGV[1..4]  as BullMQ's moveStalledJobsToWait; its limit of stalls is out of reach, for the ledger counts losses itself
  ARGV[5]     losses after which a node run fails
  ARGV[6]     low-water mark of admission

  Returns the ids of the jobs that were taken back.
  Atomicity: BullMQ moves the jobs first; a count that an error cut is one loss too few, never a lost node.
]]
local P, budget, low = KEYS[10], tonumber(ARGV[5]), tonumber(ARGV[6])
local k, a = {}, {}
for i = 1, 9 do k[i] = KEYS[i] end
for i = 1, 4 do a[i] = ARGV[i] end
local stalled = bull.moveStalledJobsToWait(k, a)
local now = clock()
for _, id in ipairs(stalled) do
  local job = call('HMGET', ARGV[2] .. id, 'data', 'ats', 'name')
  local run, index, base = string.match(job[1] or '', '^{"run":"([^"]+)","index":(%d+),"base":(%d+)')
  local key = run and P .. ':run:' .. run
  -- Without a start there was no body to lose: an error cut the claim.
  if run and job[2] and call('HGET', key, 'status') == 'running' and call('HEXISTS', key .. ':nodes', index) == 0 then
    local losses = call('HINCRBY', key .. ':losses', index, 1)
    local attempt = tonumber(base) + tonumber(job[2])
    emit(P, '{"type":"node_lost","run":"' .. run .. '","node":"' .. job[3] .. '","index":' .. index
      .. ',"attempt":' .. attempt .. ',"losses":' .. losses .. ',"at":' .. now .. '}')
    if losses >= budget then
      call('LREM', KEYS[2], 0, id)
      call('DEL', ARGV[2] .. id, ARGV[2] .. id .. ':lock')
      local header = call('HMGET', key, 'plan', 'total')
      local plan = P .. ':plan:' .. header[1]
      call('HSET', key, 'failed', 1)
      conclude(P, run, index, '{"type":"node_finished","run":"' .. run .. '","node":"' .. job[3] .. '","index":' .. index
        .. ',"attempt":' .. attempt .. ',"status":"failed","startedAt":' .. now .. ',"endedAt":' .. now
        .. ',"worker":"","metrics":[],"outputs":[],"finalMetrics":{},"error":{"code":"NODE_LOST","message":"'
        .. losses .. ' workers were lost while they ran this node."}}',
        'skipped', plan, tonumber(header[2]), tonumber(call('HGET', plan, 'c:' .. index) or 1), now, low)
    end
  end
end
mend_marker(ARGV[2], call('LLEN', KEYS[2]), false)
return stalled
