--[[
  recover.lua: takes node runs back from workers that were lost.

  KEYS[1..9]  as BullMQ's moveStalledJobsToWait
  KEYS[10]    prefix of all keys, with the hash tag
  ARGV[1..4]  as BullMQ's moveStalledJobsToWait; its limit of stalls is out of reach, for the ledger counts losses itself
  ARGV[5]     losses after which a node run fails
  ARGV[6]     low-water mark of admission
  ARGV[7]     milliseconds between the answer to this worker's last check of the queue and the sending of this one; -1 for
              its first
  ARGV[8]     '1' when the worker has lost its connection since its last check, else '0'

  The second loss of a node run makes it a suspect: it goes to the quarantine of its queue. With the last of the budget, or
  when its run is being cancelled, it ends.

  A check that was sent in time and comes late, or over a new connection, tells of a server that nobody reached: paused,
  frozen, away. No lease could be renewed then. Nothing is taken for SPARED milliseconds, in which whoever lives connects again, renews and commits;
  else a body that has ended meanwhile would run again because another worker was the first to be back.

  Returns the ids of the jobs that were taken back.
  Atomicity: BullMQ moves the jobs first; a count that an error cut is one loss too few, never a lost node. What it cuts
  between two queues, the reconciler puts back.
]]
local P, budget, low, prefix = KEYS[10], tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[2]
local SPARED = 5000
local now = clock()
-- By each call, also by one that checks nothing since another worker has just done it: or the first check of the others after
-- that worker was lost would look late, and keep its node runs from them.
local seen = call('HMGET', KEYS[5], 'checked', 'spared')
local since, spared = tonumber(ARGV[7]), tonumber(seen[2] or 0)
-- What the worker itself was late is no sign of it.
local away = ARGV[8] == '1' or now - tonumber(seen[1] or now) - since > 1000
if since >= 0 and away then spared = now + SPARED end
call('HSET', KEYS[5], 'checked', now, 'spared', spared)
-- A clock that was set back must not spare for longer.
if now < spared and spared <= now + SPARED then return {} end
local k, a = {}, {}
for i = 1, 9 do k[i] = KEYS[i] end
for i = 1, 4 do a[i] = ARGV[i] end
-- The next check must not find this one's mark because its timer came a moment early: it would wait a whole turn more.
a[4] = math.floor(tonumber(a[4]) * 0.7)
local stalled = bull.moveStalledJobsToWait(k, a)
local in_quarantine = string.sub(prefix, -#ASIDE - 1) == ASIDE .. ':'

local function finish(run, index, name, attempt, status, reason)
  local key = P .. ':run:' .. run
  local header = call('HMGET', key, 'plan', 'total')
  local plan = P .. ':plan:' .. header[1]
  local record = idle_record(run, index, name, status, now)
  record = string.gsub(record, '"attempt":0', '"attempt":' .. attempt, 1)
  if reason then
    fail_run(P, run, 'Node "' .. name .. '" failed: ' .. reason)
    record = string.sub(record, 1, -2) .. ',"error":{"code":"NODE_LOST","message":"' .. reason .. '"}}'
  end
  conclude(P, run, index, record, status == 'failed' and 'skipped' or status, plan, tonumber(header[2]),
    tonumber(call('HGET', plan, 'c:' .. index) or 1), now, low)
end

for _, id in ipairs(stalled) do
  local job = call('HMGET', prefix .. id, 'data', 'ats', 'name')
  local run, index, base, failures = string.match(job[1] or '',
    '^{"run":"([^"]+)","index":(%d+),"base":(%d+),"failures":(%d+)')
  local key = run and P .. ':run:' .. run
  local header = run and call('HMGET', key, 'status', 'cancelling') or {}
  -- Without a start there was no body to lose: an error cut the claim.
  if job[2] and header[1] == 'running' and call('HEXISTS', key .. ':nodes', index) == 0 then
    local losses = call('HINCRBY', key .. ':losses', index, 1)
    local attempt = tonumber(base) + tonumber(job[2])
    emit(P, '{"type":"node_lost","run":"' .. run .. '","node":"' .. job[3] .. '","index":' .. index
      .. ',"attempt":' .. attempt .. ',"losses":' .. losses .. ',"at":' .. now .. '}')
    if header[2] or losses >= budget then
      if header[2] then
        finish(run, index, job[3], attempt, 'cancelled')
      else
        finish(run, index, job[3], attempt, 'failed', losses .. ' workers were lost while they ran this node.')
      end
      call('HDEL', key .. ':live', index)
      -- Last: what an error cuts before is completed by the next claim of the job. Out of the list and not yet removed,
      -- nobody would find it again.
      call('EXPIRE', prefix .. id, 86400)
      call('LREM', KEYS[2], 0, id)
      call('DEL', prefix .. id, prefix .. id .. ':lock')
    else
      call('HSET', key .. ':live', index, '{"status":"pending","attempt":' .. attempt .. ',"generation":'
        .. string.match(id, '(%d+)$') .. ',"base":' .. base .. ',"failures":' .. failures .. '}')
      -- Whoever repeats a claim of it that an error has cut knows by this whether its start was counted: see `held_by`.
      call('HSET', prefix .. id, 'back', job[2])
      if losses >= SUSPECT and not in_quarantine then
        set_aside(P, prefix, id)
        mend_marker(aside_of(prefix), 1, false)
      end
    end
  end
end
mend_marker(prefix, call('LLEN', KEYS[2]), false)
return stalled
