--[[
  submit.lua: creates a run and begins it: its roots are released. Work is bounded by the roots' first chunk, whatever the run's size.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  run
  ARGV[2]  plan's hash
  ARGV[3]  idempotency key, or empty
  ARGV[4]  milliseconds that the idempotency key is kept
  ARGV[5]  low-water mark of admission
  ARGV[6]  msgpack: flat list of the header's fields and values
  ARGV[7]  milliseconds until it may begin; 0 for now
  ARGV[8]  msgpack: names of the queues of the plan's nodes

  Returns {state, run, chunks left in the backlog}: state `created`, `known` (the key names this earlier run; nothing was
  written, or it was completed), or `no-plan`.
  Atomicity: everything is decoded before the first write; the header's field `released`, written last, says that the run has begun. A
  repetition completes what an error has cut, with the same run id or the same key.
]]
local P, run, low = KEYS[1], ARGV[1], tonumber(ARGV[5])
local header, names = cmsgpack.unpack(ARGV[6]), cmsgpack.unpack(ARGV[8])
local plan, state = P .. ':plan:' .. ARGV[2], 'created'
local sizes = call('HMGET', plan, 'total', 'c:r')
if not (sizes[1] and sizes[2]) then return { 'no-plan', run, 0 } end
if ARGV[3] ~= '' then
  local known = call('GET', P .. ':key:' .. ARGV[3])
  if known and known ~= run then
    local other = call('HMGET', P .. ':run:' .. known, 'released', 'plan', 'status')
    -- An error cut its submission, and whoever began it may be gone.
    if not other[1] and other[2] == ARGV[2] and (other[3] or 'running') == 'running' then
      run, state, header = known, 'known', {}
    end
  end
  if known and known ~= run then return { 'known', known, 0 } end
end
local key = P .. ':run:' .. run
if call('HGET', key, 'released') then return { 'created', run, call('LLEN', P .. ':backlog') } end

local now = tonumber(call('HGET', key, 'createdAt')) or clock()
call('HSET', key, 'createdAt', now, 'total', sizes[1], unpack(header))
if ARGV[3] ~= '' then call('SET', P .. ':key:' .. ARGV[3], run, 'PX', ARGV[4]) end
call('ZADD', P .. ':runs', now, run)
-- What it keeps of an earlier run waited for this.
call('PERSIST', key .. ':kept')
call('SADD', P .. ':queues', unpack(names))
call('ZADD', P .. ':plans', now, ARGV[2])
if tonumber(ARGV[7]) > 0 then
  call('ZADD', P .. ':due', now + ARGV[7], 'begin|' .. run)
  call('HSET', key, 'status', 'pending', 'startAt', now + ARGV[7])
else
  begin_run(P, run, now, low)
end
return { state, run, call('LLEN', P .. ':backlog') }
