--[[
  renew.lua: takes a lease again that ran out while its worker lived, as after an outage of Redis. BullMQ renews only a
  lease that is there; without it, every node that ran during the outage would run twice.

  KEYS[1]  BullMQ's prefix of the queue's keys
  ARGV[1]  job's id
  ARGV[2]  BullMQ's count of starts (`ats`) when the attempt began
  ARGV[3]  BullMQ's time of that start (`processedOn`)
  ARGV[4]  token of the lock
  ARGV[5]  milliseconds of a lease

  Returns 1 when the attempt holds the lease, 0 when another one has started or the job is gone.
  Atomicity: a repetition puts a job right that an error cut between the two lists, and so does its commit.
]]
local queue, id = KEYS[1], ARGV[1]
local start = call('HMGET', queue .. id, 'ats', 'processedOn')
if not start[1] and call('EXISTS', queue .. id) == 1 then
  -- A server that lost its last writes has forgotten this start, and nobody has started since: it is counted again.
  call('HSET', queue .. id, 'ats', ARGV[2], 'processedOn', ARGV[3])
  start = { ARGV[2], ARGV[3] }
end
local back = not start[1] and take_back(queue, id, ARGV[2], ARGV[3])
if not back and (start[1] ~= ARGV[2] or (start[2] or '') ~= ARGV[3]) then return 0 end
call('SET', queue .. id .. ':lock', ARGV[4], 'PX', ARGV[5])
call('SREM', queue .. 'stalled', id)
-- Its start is the one that counts: nobody who repeats an earlier claim may count another. And who asks for a lease lives:
-- what was counted as the loss of this start was none, and must not make a suspect of the node.
local job = call('HMGET', queue .. id, 'back', 'data')
call('HDEL', queue .. id, 'back')
local run, index = string.match(job[2] or '', '^{"run":"([^"]+)","index":(%d+)')
if job[1] == ARGV[2] and run then
  local losses = string.match(queue, '^(.-):queue:') .. ':run:' .. run .. ':losses'
  if tonumber(call('HGET', losses, index) or 0) > 0 then call('HINCRBY', losses, index, -1) end
end
call('LREM', queue .. 'wait', 0, id)
if not call('LPOS', queue .. 'active', id) then call('LPUSH', queue .. 'active', id) end
return 1
