--[[
  change-schedule.lua: writes, removes, pauses or resumes a schedule.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  schedule
  ARGV[2]  `put`, `remove`, `pause` or `resume`
  ARGV[3]  name of the revision that this makes: a new one each time
  ARGV[4]  put: the schedule, JSON
  ARGV[5]  put: what its slots depend on

  Returns 1, or 0 when there is no such schedule.
  Atomicity: each change may be repeated. The schedule itself is written after its cursor, for one without it would begin in
  1970, and removed after all that belongs to it. The revision, by which schedulers know that they must read again, is last.
]]
local P, name, what, now = KEYS[1], ARGV[1], ARGV[2], clock()
local all, state = P .. ':schedules', P .. ':schedule:' .. name

-- No slot up to now is decided any more; the cursor never moves back.
local function begin_now()
  if tonumber(call('HGET', state, 'cursor') or 0) < now then call('HSET', state, 'cursor', now) end
end

local changes = {}
function changes.put()
  -- With the times that it had, it goes on where it was: what fell into a downtime is caught up.
  local seen = call('HMGET', state, 'cursor', 'timing')
  if not seen[1] or seen[2] ~= ARGV[5] then begin_now() end
  call('HSET', state, 'timing', ARGV[5])
  call('HSET', all, name, ARGV[4])
end
function changes.remove()
  call('SREM', all .. ':busy', 'slots/' .. name, 'backfill/' .. name)
  call('UNLINK', state .. ':slots:running', state .. ':slots:waiting', state .. ':backfill:running', state .. ':backfill:waiting')
  call('UNLINK', state)
  call('HDEL', all, name)
end
function changes.pause()
  call('HSET', state, 'paused', 1)
end
function changes.resume()
  -- One that is not paused keeps its place, and with it what it has to catch up.
  if call('HEXISTS', state, 'paused') == 0 then return end
  begin_now()
  call('HDEL', state, 'paused')
end

if what ~= 'put' and call('HEXISTS', all, name) == 0 then return 0 end
changes[what]()
call('SET', all .. ':revision', ARGV[3])
return 1
