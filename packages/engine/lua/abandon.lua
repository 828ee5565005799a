--[[
  abandon.lua: ends a run that can never go on, for its plan is gone.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  run
  ARGV[2]  why: the run's error

  Returns 1 when the run has ended, 0 when its plan is there (again).
  Atomicity: every step may be repeated; the status, which is the mark, is written last.
  Node runs that had not ended get no record: only the plan knew them. Jobs that are left find that the run has ended.
  Datasets that are owed to the catalog are still published.
]]
local P, run = KEYS[1], ARGV[1]
local key = P .. ':run:' .. run
local header = call('HMGET', key, 'status', 'plan')
if not goes_on(P, run, header[1]) then return 1 end
if call('HEXISTS', P .. ':plan:' .. header[2], 'json') == 1 then return 0 end
fail_run(P, run, ARGV[2])
call('DEL', key .. ':publish')
finish_run(P, run, clock())
return 1
