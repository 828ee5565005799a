--[[
  claim.lua: hands the next job of a queue to a worker, with the references of its inputs.

  KEYS[1..11]  as BullMQ's moveToActive
  KEYS[12]     prefix of all keys, with the hash tag
  ARGV[1..3]   as BullMQ's moveToActive
  ARGV[4]      token of the lock: a new one for each claim, so that a repetition (the reply was lost, and the client sent
               the command again) is known and gets the same job
  ARGV[5]      low-water mark of admission
  ARGV[6]      msgpack: left node runs that the worker would take, or empty: see `take_left`

  Returns moveToActive's reply with `attach`.
  Atomicity: admission adds whole jobs only; BullMQ's part comes last.
]]
local P = KEYS[12]
if not call('SET', P .. ':claim:' .. ARGV[4], 1, 'NX', 'PX', 60000) then
  local held = held_by(ARGV[1], ARGV[4], '')
  if held then return attach(P, held) end
end
local queue_name, low = string.match(ARGV[1], ':queue:(.+):$'), tonumber(ARGV[5])
refill(P, queue_name, tonumber(ARGV[2]), low)
take_left(P, ARGV[6], tonumber(ARGV[2]), low)
local k, a = {}, {}
for i = 1, 11 do k[i] = KEYS[i] end
for i = 1, 3 do a[i] = ARGV[i] end
local shared = shared_by(ARGV[1])
k[6], k[9] = shared .. 'limiter', shared .. 'meta'
local reply = bull.moveToActive(k, a)
mend_marker(ARGV[1], call('LLEN', KEYS[1]), has_job(reply))
return attach(P, reply)
