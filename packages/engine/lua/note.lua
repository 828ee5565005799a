--[[
  note.lua: tells that an attempt is running, and hands on its metrics.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  run
  ARGV[2]  index of the node
  ARGV[3]  what `client.runs` shows of the running node (JSON), or empty to leave it
  ARGV[4…] events for the outbox

  Returns 'cancelling' when the run is being cancelled, 'ended' when the node run has a record or the run is gone (the
  attempt should stop), else 'running'.
]]
local P, key = KEYS[1], KEYS[1] .. ':run:' .. ARGV[1]
local header = call('HMGET', key, 'status', 'cancelling')
if header[1] ~= 'running' or call('HEXISTS', key .. ':nodes', ARGV[2]) == 1 then return 'ended' end
if ARGV[3] ~= '' then call('HSET', key .. ':live', ARGV[2], ARGV[3]) end
for i = 4, #ARGV do emit(P, ARGV[i]) end
if header[2] then return 'cancelling' end
return 'running'
