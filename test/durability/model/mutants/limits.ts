import type { Mutant } from './mutant.ts'

/** Of what runs wait for before they begin: limits, pauses, their time. */
export const limitMutants: readonly Mutant[] = [
  {
    script: 'ledger',
    what: 'a pause of a pipeline is not heeded',
    find: `if call('SISMEMBER', P .. ':paused', header[3]) == 1 then`,
    put: 'if false then',
  },
  {
    script: 'ledger',
    what: 'one run too many begins',
    find: `if call('HLEN', held) < most then return false end`,
    put: `if call('HLEN', held) <= most then return false end`,
  },
  {
    script: 'ledger',
    what: 'runs that go on are forgotten when a limit is full',
    find: `if call('HGET', P .. ':run:' .. run, 'status') ~= 'running' then call('HDEL', held, run) end`,
    put: `call('HDEL', held, run)`,
  },
  {
    script: 'ledger',
    what: 'what an error left under a limit stays there',
    find: `  for _, run in ipairs(call('HRANDFIELD', held, 64)) do`,
    put: `  for _, run in ipairs({}) do`,
  },
  {
    script: 'ledger',
    what: 'a new run passes by those that wait',
    find: `or has_elders(P, limits[i], run, place)`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a new run passes by those of higher priority',
    find: `return score < place or (score == place and first[1] < run)`,
    put: `return score == place and first[1] < run`,
  },
  {
    script: 'ledger',
    what: 'only the first limit counts',
    find: `      local holds = reached or call('HEXISTS'`,
    put: `      local holds = i > 1 or reached or call('HEXISTS'`,
  },
  {
    script: 'ledger',
    what: 'runs of low priority wait first',
    find: `local place = tonumber(header[9]) - priorities[run] * 1e13`,
    put: `local place = tonumber(header[9]) + priorities[run] * 1e13`,
  },
  {
    script: 'ledger',
    what: 'runs that wait have no priority',
    find: `local place = tonumber(header[9]) - priorities[run] * 1e13`,
    put: `local place = tonumber(header[9])`,
  },
  {
    script: 'ledger',
    what: 'a run does not count under its limits',
    find: `for i = 1, #limits, 2 do call('HSET', P .. ':held:' .. limits[i], run, now) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a run that is cancelled before it begins counts under its limits',
    find: `  if not cancelled then
    for i = 1, #limits, 2 do call('HSET'`,
    put: `  if true then
    for i = 1, #limits, 2 do call('HSET'`,
  },
  {
    script: 'ledger',
    what: 'a run that has ended counts on',
    find: `    call('HDEL', P .. ':held:' .. limits[i], run)\n    wake`,
    put: `    wake`,
  },
  {
    script: 'ledger',
    what: 'the next run is not told that there is room',
    find: `call('HDEL', P .. ':held:' .. limits[i], run)\n    wake(P, limits[i])`,
    put: `call('HDEL', P .. ':held:' .. limits[i], run)`,
  },
  {
    script: 'ledger',
    what: 'the next run is not told that this one waits no more',
    find: `:waits', what) end
  wake(P, what)`,
    put: `:waits', what) end`,
  },
  {
    script: 'ledger',
    what: 'a run that begins stays among those that wait',
    find: `  call('ZREM', P .. ':waiting:' .. what, run)\n  if call('EXISTS'`,
    put: `  if call('EXISTS'`,
  },
  {
    script: 'ledger',
    what: 'what nobody waits for stays in the list',
    find: `if call('EXISTS', P .. ':waiting:' .. what) == 0 then call('SREM', P .. ':waits', what) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'what is waited for is in no list',
    find: `    call('SADD', P .. ':waits', reached)\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a run that waits does not say for what',
    find: `call('HSET', key, 'status', 'pending', 'waits', reached)`,
    put: `call('HSET', key, 'status', 'pending')`,
  },
  {
    script: 'ledger',
    what: 'a run that has begun says that it waits',
    find: `  call('HDEL', key, 'waits')\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a run begins twice',
    find: `  call('HSET', key, 'released', 1)\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'the beginning of a run is not told',
    find: `  if half then emit_once(P, event) else emit(P, event) end
  local plan, how`,
    put: '  local plan, how',
  },
  {
    script: 'ledger',
    what: 'the beginning of a run is told twice',
    find: `  if half then emit_once(P, event) else emit(P, event) end
  local plan, how`,
    put: '  emit(P, event)\n  local plan, how',
  },
  {
    script: 'ledger',
    what: 'a run that is cancelled before it begins starts its roots',
    find: `cancelled and 'cancelled' or 'arrive'`,
    put: `'arrive'`,
  },
  {
    script: 'advance',
    what: 'nobody looks after those that wait',
    find: 'begin_waiting(P, now, low)',
    put: '',
  },
  {
    script: 'advance',
    what: 'a run whose time has come does not begin',
    find: `    begin_run(P, rest, now, low)\n`,
    put: '',
  },
  {
    script: 'advance',
    what: 'the timer of a run stays',
    find: `    begin_run(P, rest, now, low)
    call('ZREM', P .. ':due', member)`,
    put: `    begin_run(P, rest, now, low)`,
  },
  {
    script: 'submit',
    what: 'a delay is not heeded',
    find: 'if tonumber(ARGV[7]) > 0 then',
    put: 'if false then',
  },
  {
    script: 'submit',
    what: 'a delayed run has no timer',
    find: `  call('ZADD', P .. ':due', now + ARGV[7], 'begin|' .. run)\n`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'a run that has not begun cannot be cancelled',
    find: `if header[1] == 'pending' or`,
    put: 'if',
  },
  {
    script: 'cancel',
    what: 'a cancelled run keeps its timer',
    find: `  call('ZREM', P .. ':due', 'begin|' .. run)\n`,
    put: '',
  },
  {
    script: 'mend',
    what: 'a delayed run begins before its time',
    find: `  if call('ZSCORE', P .. ':due', 'begin|' .. run) then return 0 end\n`,
    put: '',
  },
  {
    script: 'mend',
    what: 'a run that has not begun is forgotten',
    find: `return begin_run(P, run, now, low) and 1 or 0`,
    put: `return 0`,
  },
]
