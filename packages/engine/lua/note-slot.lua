--[[
  note-slot.lua: notes what became of a slot that is to have a run.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  schedule
  ARGV[2]  lane: `slots` or `backfill`
  ARGV[3]  slot
  ARGV[4]  `run` (it has this one), `trouble` (it has none yet, and this is why) or `none` (it will have none)
  ARGV[5]  the run; else why, or empty

  Returns 1, or 0 when the schedule or the slot is not there any more.
  Atomicity: a run is noted by one write, and the slot of none goes last.
]]
local P, name, lane, slot, what, text = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local state = P .. ':schedule:' .. name
local running, field = state .. ':' .. lane .. ':running', 'run/' .. lane .. '/' .. slot
if call('HEXISTS', state, 'cursor') == 0 or not call('ZSCORE', running, slot) then return 0 end
if what == 'run' then
  call('HSET', state, field, text)
  call('HDEL', state, 'problem')
  return 1
end
if text ~= '' then call('HSET', state, 'problem', text) end
if what == 'none' then
  call('HDEL', state, field)
  call('ZREM', running, slot)
end
return 1
