--[[
  note.lua: tells that an attempt is running, and hands on its metrics.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  run
  ARGV[2]  index of the node
  ARGV[3]  what `client.runs` shows of the running node (JSON), or empty to leave it
  ARGV[4]  sender of the message
  ARGV[5]  number of the message, rising with each of the sender
  ARGV[6…] events for the outbox

  Returns 'cancelling' when the run is being cancelled, 'ended' when the node run has a record, a later attempt has been
  told of or the run is gone (the attempt should stop), else 'running'.
]]
local P, key = KEYS[1], KEYS[1] .. ':run:' .. ARGV[1]
local header = call('HMGET', key, 'status', 'cancelling')
if header[1] ~= 'running' or call('HEXISTS', key .. ':nodes', ARGV[2]) == 1 then return 'ended' end
-- A worker that was frozen tells nothing of its attempt once another one has been told of.
local told_of = string.match(ARGV[3] .. (ARGV[6] or ''), '"attempt":(%d+)')
if told_of then
  local live = string.match(call('HGET', key .. ':live', ARGV[2]) or '', '"attempt":(%d+)')
  if tonumber(live or 0) > tonumber(told_of) then return 'ended' end
end
if ARGV[3] ~= '' then
  local shown = call('HGET', key .. ':live', ARGV[2])
  local known, mine = shown and cjson.decode(shown), cjson.decode(ARGV[3])
  -- One that was replaced must not hide where the node run is now: the reconciler goes by it.
  if known and (known['generation'] > mine['generation'] or known['attempt'] > mine['attempt']) then return 'ended' end
  -- One that was taken for lost may still end the node run, but the next attempt may have started, untold.
  local lost = known and known['status'] == 'pending' and known['attempt'] == mine['attempt']
  if not lost then call('HSET', key .. ':live', ARGV[2], ARGV[3]) end
end
if #ARGV > 5 then
  -- A message whose reply was lost comes again, and has been told; one that an error cut is marked, and told to its end.
  local told, number = ARGV[2] .. '/' .. ARGV[4], tonumber(ARGV[5])
  local last, cut = string.match(call('HGET', key .. ':live', told) or '0', '^(%d+)(%??)$')
  local again = tonumber(last) == number and cut ~= ''
  if tonumber(last) < number or again then
    call('HSET', key .. ':live', told, number .. '?')
    for i = 6, #ARGV do (again and emit_once or emit)(P, ARGV[i]) end
    call('HSET', key .. ':live', told, number)
  end
end
if header[2] then return 'cancelling' end
return 'running'
