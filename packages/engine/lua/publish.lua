--[[
  publish.lua: says that a committed dataset now lies at its catalog path.

  KEYS[1]  prefix of all keys, with the hash tag
  ARGV[1]  member of the publications: run|index|dataset
  ARGV[2]  key of the catalog path
  ARGV[3]  token of the path's lock
  ARGV[4]  why the publication cannot be made at all, or empty: the run then ends as failed, with this as its error

  Returns 1, or 0 when the lock had been lost (the file may be an older one: publish again).
  Atomicity: the member is removed last but one; a repetition finds nothing to remove and ends the run if that is due.
]]
local P = KEYS[1]
local lock = P .. ':publishing:' .. ARGV[2]
local run, _, dataset = string.match(ARGV[1], '^([^|]+)|([^|]+)|(.*)$')
local sequence = call('ZSCORE', P .. ':publications', ARGV[1])
if sequence then
  if call('GET', lock) ~= ARGV[3] then return 0 end
  local last = tonumber(call('HGET', P .. ':published', ARGV[2]) or 0)
  if ARGV[4] ~= '' then
    fail_run(P, run, ARGV[4])
  elseif tonumber(sequence) > last then
    call('HSET', P .. ':published', ARGV[2], sequence)
  end
end
call('SREM', P .. ':run:' .. run .. ':publish', dataset)
call('ZREM', P .. ':due', 'publish|' .. ARGV[1])
call('ZREM', P .. ':publications', ARGV[1])
if call('GET', lock) == ARGV[3] then call('DEL', lock) end
local header = call('HMGET', P .. ':run:' .. run, 'status', 'total')
if goes_on(P, run, header[1]) and call('HLEN', P .. ':run:' .. run .. ':nodes') >= tonumber(header[2]) then
  finish_run(P, run, clock())
end
return 1
