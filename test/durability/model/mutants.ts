import type { ScriptName } from '@pipewright/engine/internal'

/** A mistake that is put into a script. */
export interface Mutant {
  /** `ledger`: the functions that all scripts share. */
  readonly script: ScriptName | 'ledger'
  /** What goes wrong. */
  readonly what: string
  readonly find: string
  readonly put: string
}

const shared: readonly Mutant[] = [
  {
    script: 'ledger',
    what: 'attempts are counted from the failures',
    find: `',"base":' .. entry[3]`,
    put: `',"base":' .. entry[4]`,
  },
  {
    script: 'ledger',
    what: 'failures are forgotten',
    find: `',"failures":' .. entry[4]`,
    put: `',"failures":' .. 0`,
  },
  {
    script: 'ledger',
    what: 'a job takes no room',
    find: 'queue.room = queue.room - 1',
    put: 'queue.room = queue.room',
  },
  {
    script: 'ledger',
    what: 'an added job is not counted as waiting',
    find: 'queue.waiting = queue.waiting + 1',
    put: 'queue.waiting = queue.waiting',
  },
  {
    script: 'ledger',
    what: 'an ended node run is unknown',
    find: `if call('HEXISTS', P .. ':run:' .. run .. ':nodes', entry[1]) == 1 then return true end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a node run in a ready list is unknown',
    find: `if call('LPOS', ready_key(P, run, queue.name), encode_entry(entry)) then`,
    put: 'if false then',
  },
  {
    script: 'ledger',
    what: 'a run whose turn was lost does not get it back',
    find: `if not call('LPOS', queue.ring, run) then call('RPUSH', queue.ring, run) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a job that waits is taken for lost',
    find: `if call('LPOS', prefix .. 'wait', id) or call`,
    put: 'if call',
  },
  {
    script: 'ledger',
    what: 'a job that runs is taken for lost',
    find: `or call('LPOS', prefix .. 'active', id) then`,
    put: 'then',
  },
  {
    script: 'ledger',
    what: 'a job in quarantine is unknown',
    find: 'for _, prefix in ipairs({ queue.prefix, aside_of(queue.prefix) }) do',
    put: 'for _, prefix in ipairs({ queue.prefix }) do',
  },
  {
    script: 'ledger',
    what: 'what is careful is not',
    find: 'if careful and is_known(P, run, queue, entry, retry) then return end',
    put: '',
  },
  {
    script: 'ledger',
    what: 'those who wait are passed by',
    find: 'if queue.room > 0 and not queue.contended then',
    put: 'if queue.room > 0 then',
  },
  {
    script: 'ledger',
    what: 'there is always room',
    find: 'if queue.room > 0 and not queue.contended then',
    put: 'if not queue.contended then',
  },
  {
    script: 'ledger',
    what: 'a run does not wait for its turn',
    find: `        call('RPUSH', queue.ring, run)
      end
    end`,
    put: '      end\n    end',
  },
  {
    script: 'ledger',
    what: 'a run waits for a turn each time',
    find: `if call('RPUSH', ready_key(P, run, name), unpack(later)) == #later then`,
    put: `if call('RPUSH', ready_key(P, run, name), unpack(later)) > 0 then`,
  },
  {
    script: 'ledger',
    what: 'what is admitted stays in the ready list',
    find: `      call('LTRIM', key, #taken, -1)`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'one too many leaves the ready list',
    find: `call('LTRIM', key, #taken, -1)`,
    put: `call('LTRIM', key, #taken + 1, -1)`,
  },
  {
    script: 'ledger',
    what: 'a run loses its turn while more of it waits',
    find: `call('LMOVE', queue.ring, queue.ring, 'LEFT', 'RIGHT')`,
    put: `call('LPOP', queue.ring)`,
  },
  {
    script: 'ledger',
    what: 'a run keeps a turn for nothing',
    find: `      call('LREM', queue.ring, 1, run)
    end
    for`,
    put: `    call('LMOVE', queue.ring, queue.ring, 'LEFT', 'RIGHT')
      if #taken == 0 then break end
    end
    for`,
  },
  {
    script: 'ledger',
    what: 'what was admitted is kept as if it were not',
    find: `    if #taken > 0 then call('DEL', underway) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a run ends before its publications',
    find: `if call('EXISTS', key .. ':publish') == 1 then return false end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a run ends twice',
    find: `if header[1] ~= 'running' then return false end\n  local status`,
    put: 'local status',
  },
  {
    script: 'ledger',
    what: 'a failed run succeeds',
    find: `if header[2] then status = 'failed' end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a cancelled run is not',
    find: `if header[3] then status = 'cancelled' end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'the end of a run is not told',
    find: 'if header[5] then emit_once(P, text) else emit(P, text) end',
    put: '',
  },
  {
    script: 'ledger',
    what: 'an ended run stays among the open ones',
    find: `call('ZREM', P .. ':runs', run)`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'an ended run is cancelled for ever',
    find: `call('SREM', P .. ':cancelling', run)`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'an ended run is in no list',
    find: `call('ZADD', P .. ':finished', ended, run)`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'arrivals outlive their run',
    find: `call('DEL', key .. ':edges', key .. ':live', key .. ':losses')`,
    put: `call('DEL', key .. ':live', key .. ':losses')`,
  },
  {
    script: 'ledger',
    what: 'losses outlive their run',
    find: `call('DEL', key .. ':edges', key .. ':live', key .. ':losses')`,
    put: `call('DEL', key .. ':edges', key .. ':live')`,
  },
  {
    script: 'ledger',
    what: 'failed runs are kept as long as others',
    find: `(status == 'succeeded' and header[4] or header[6])`,
    put: 'header[4]',
  },
  {
    script: 'ledger',
    what: 'data is kept for ever',
    find: `ipairs({ '', ':nodes', ':data' })`,
    put: `ipairs({ '', ':nodes' })`,
  },
  {
    script: 'ledger',
    what: 'a node run that never started is told of an attempt',
    find: `.. ',"attempt":0,"status":"'`,
    put: `.. ',"attempt":1,"status":"'`,
  },
  {
    script: 'ledger',
    what: 'a skipped node run overwrites a record',
    find: `local fresh = call('HSETNX', key .. ':nodes', edges[i], record) == 1`,
    put: `local fresh = call('HSET', key .. ':nodes', edges[i], record) >= 0`,
  },
  {
    script: 'ledger',
    what: 'skipped node runs are not told',
    find: 'if fresh then emit(P, record) else emit_once(P, record) end',
    put: '',
  },
  {
    script: 'ledger',
    what: 'skipped node runs are told twice',
    find: 'if fresh then emit(P, record) else emit_once(P, record) end',
    put: 'emit(P, record)\n        if fresh then emit(P, record) end',
  },
  {
    script: 'ledger',
    what: 'what is beyond a skipped node run is not skipped',
    find: 'for c = 0, edges[i + 6] - 1 do',
    put: 'for c = 1, edges[i + 6] - 1 do',
  },
  {
    script: 'ledger',
    what: 'what is beyond a cancelled node run is skipped',
    find: `edges[i] .. '|' .. c .. '|' .. how)`,
    put: `edges[i] .. '|' .. c .. '|skipped')`,
  },
  {
    script: 'ledger',
    what: 'the first edge of a node is left out',
    find: `local bits, read = {}, {}
  for i = 1, #edges, EDGES do`,
    put: `local bits, read = {}, {}
  for i = 1 + EDGES, #edges, EDGES do`,
  },
  {
    script: 'ledger',
    what: 'the arrival is the wrong bit',
    find: `'SET', 'u1', first + edges[i + 3], 1`,
    put: `'SET', 'u1', first + edges[i + 3] + 1, 1`,
  },
  {
    script: 'ledger',
    what: 'the arrival is at the wrong byte',
    find: 'local at, first = #bits, edges[i + 2] * 8',
    put: 'local at, first = #bits, 0',
  },
  {
    script: 'ledger',
    what: 'one arrival too few is enough',
    find: 'if values[n * 2] == 2 ^ edges[i + 1] - 1 then',
    put: 'if values[n * 2] >= 2 ^ (edges[i + 1] - 1) - 1 then',
  },
  {
    script: 'ledger',
    what: 'one arrival too many is needed',
    find: 'if values[n * 2] == 2 ^ edges[i + 1] - 1 then',
    put: 'if values[n * 2] == 2 ^ edges[i + 1] then',
  },
  {
    script: 'ledger',
    what: 'of very many arrivals one too few is enough',
    find: 'math.floor((needed - 1) / 8)) >= needed then',
    put: 'math.floor((needed - 1) / 8)) >= needed - 1 then',
  },
  {
    script: 'ledger',
    what: 'of very many arrivals the last byte is left out',
    find: 'first + math.floor((needed - 1) / 8)) >= needed',
    put: 'first + math.floor((needed - 1) / 8) - 1) >= needed',
  },
  {
    script: 'ledger',
    what: 'the first failure does not keep its word',
    find: `if reason then call('HSETNX', key, 'error', reason) end`,
    put: `if reason then call('HSET', key, 'error', reason) end`,
  },
  {
    script: 'ledger',
    what: 'a failure does not fail its run',
    find: `  call('HSET', key, 'failed', 1)
  if reason`,
    put: '  if reason',
  },
  {
    script: 'ledger',
    what: 'what waits of a cancelled run is released',
    find: `if header[4] and how == 'arrive' then how = 'cancelled' end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a run does not end with its backlog',
    find: `      if call('HLEN', P .. ':run:' .. run .. ':nodes') >= tonumber(header[3]) then finish_run(P, run, now) end
    end
    call('LPOP', key)`,
    put: `    end
    call('LPOP', key)`,
  },
  {
    script: 'ledger',
    what: 'two chunks leave the backlog for one',
    find: `    call('LPOP', key)
    budget`,
    put: `    call('LPOP', key, 2)
    budget`,
  },
  {
    script: 'ledger',
    what: 'a record is written over',
    find: `local careful = call('HSETNX', key .. ':nodes', index, record) == 0`,
    put: `local careful = call('HSET', key .. ':nodes', index, record) == 0`,
  },
  {
    script: 'ledger',
    what: 'the end of a node run is not told',
    find: `  if careful then emit_once(P, record) else emit(P, record) end
  local has_dependents`,
    put: '  local has_dependents',
  },
  {
    script: 'ledger',
    what: 'the second chunk of edges is left out',
    find: `  for chunk = 1, chunks - 1 do
    -- A repetition`,
    put: `  for chunk = 2, chunks - 1 do
    -- A repetition`,
  },
  {
    script: 'ledger',
    what: 'a run that failed on its way does not end',
    find: `if how == 'arrive' and has_dependents and not partial then return end`,
    put: `if how == 'arrive' and has_dependents then return end`,
  },
  {
    script: 'ledger',
    what: 'a run never ends by its last node',
    find: `  if call('HLEN', key .. ':nodes') >= total then finish_run(P, run, now) end
end`,
    put: 'end',
  },
  {
    script: 'ledger',
    what: 'a run ends one node early',
    find: `  if call('HLEN', key .. ':nodes') >= total then finish_run(P, run, now) end
end`,
    put: `  if call('HLEN', key .. ':nodes') >= total - 1 then finish_run(P, run, now) end
end`,
  },
  {
    script: 'ledger',
    what: 'inputs do not come with a claim',
    find: `inputs = #names <= MOST_INPUTS and call('HMGET', key .. ':data', unpack(names))`,
    put: 'inputs = {}',
  },
  {
    script: 'ledger',
    what: 'a claim is not told of the cancellation',
    find: `if header[2] then reply[6] = 'cancelled' end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a repetition is handed nothing',
    find: `if id ~= except and call('GET', queue_prefix .. id .. ':lock') == token then`,
    put: 'if false then',
  },
  {
    script: 'ledger',
    what: 'a repetition is handed the job of another',
    find: `if id ~= except and call('GET', queue_prefix .. id .. ':lock') == token then`,
    put: 'if id ~= except then',
  },
  {
    script: 'ledger',
    what: 'nobody is woken',
    find: `  call('ZADD', prefix .. 'marker', 0, '0')`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'somebody is woken for nothing',
    find: `    call('ZREM', prefix .. 'marker', '0')\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a suspect stays in its queue',
    find: `  call('LPUSH', aside .. 'wait', id)`,
    put: `  call('LPUSH', prefix .. 'wait', id)`,
  },
  {
    script: 'ledger',
    what: 'a suspect is left in two queues',
    find: `  call('LREM', prefix .. 'wait', 0, id)
  call('DEL', prefix .. id .. ':lock')
  call('RENAME'`,
    put: `  call('RENAME'`,
  },
  {
    script: 'ledger',
    what: 'nobody knows of a quarantine',
    find: `call('SADD', P .. ':queues', string.match(aside, ':queue:(.+):$'))`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a suspect that was started is taken back',
    find: `if start[1] ~= count or (start[2] or '') ~= at then return false end`,
    put: 'if not start[1] then return false end',
  },
  {
    script: 'ledger',
    what: 'a suspect that is taken back stays in quarantine',
    find: `  call('LREM', aside .. 'wait', 0, id)
  call('RENAME', aside .. id, prefix .. id)`,
    put: `  call('RENAME', aside .. id, prefix .. id)`,
  },
]

const commits: readonly Mutant[] = [
  {
    script: 'settle',
    what: 'the count of starts is not compared',
    find: `elseif starts ~= ARGV[12] or (start[2] or '') ~= ARGV[23] then`,
    put: 'elseif not starts then',
  },
  {
    script: 'settle',
    what: 'an attempt that was set aside is refused',
    find: 'if not starts and take_back(ARGV[7], ARGV[1], ARGV[12], ARGV[23]) then',
    put: 'if false then',
  },
  {
    script: 'settle',
    what: 'a refusal is an acceptance',
    find: 'if starts then return { -1, 0 } end',
    put: 'if starts then return { 0, 0 } end',
  },
  {
    script: 'settle',
    what: 'a late end of an ended node run is accepted',
    find: 'return { done and 0 or -1,',
    put: 'return { 0,',
  },
  {
    script: 'settle',
    what: 'a repetition is refused',
    find: 'return { done and 0 or -1,',
    put: 'return { -1,',
  },
  {
    script: 'settle',
    what: 'a repetition of a cancelled retry is refused',
    find: '(again and (not record or record == details[7]))',
    put: '(again and not record)',
  },
  {
    script: 'settle',
    what: 'a retry goes on though the run is cancelled',
    find: `if header[2] and (outcome == 'retry' or outcome == 'release') then`,
    put: 'if false then',
  },
  {
    script: 'settle',
    what: 'a node run that is handed back is not told of the cancellation',
    find: `if header[2] and (outcome == 'retry' or outcome == 'release') then`,
    put: `if header[2] and outcome == 'retry' then`,
  },
  {
    script: 'settle',
    what: 'a publication is not owed',
    find: `call('SADD', key .. ':publish', details[i])`,
    put: '',
  },
  {
    script: 'settle',
    what: 'publications have no order',
    find: `call('INCR', P .. ':publications:sequence')`,
    put: '1',
  },
  {
    script: 'settle',
    what: 'a publication has no timer',
    find: `call('ZADD', P .. ':due', clock() + 10000, 'publish|' .. member)`,
    put: '',
  },
  {
    script: 'settle',
    what: 'outputs are not kept',
    find: `call('HSET', key .. ':data', unpack(data, first, math.min(first + 999, #data)))`,
    put: '',
  },
  {
    script: 'settle',
    what: 'nothing is shown of what is handed back',
    find: `  if outcome == 'release' then
    call('HSET', key .. ':live', index, details[8])`,
    put: `  if outcome == 'release' then`,
  },
  {
    script: 'settle',
    what: 'what is handed back is not told',
    find: `    emit_once(P, event)
    admit(`,
    put: '    admit(',
  },
  {
    script: 'settle',
    what: 'what is handed back is not put into a queue',
    find: '    admit(P, run, details[6], entry, now, low, true, true)\n    return',
    put: '    return',
  },
  {
    script: 'settle',
    what: 'what is handed back is taken for known, as something is shown of it',
    find: 'admit(P, run, details[6], entry, now, low, true, true)',
    put: 'admit(P, run, details[6], entry, now, low, true)',
  },
  {
    script: 'settle',
    what: 'a retry is not told',
    find: 'if fresh then emit(P, event) else emit_once(P, event) end',
    put: '',
  },
  {
    script: 'settle',
    what: 'a retry is due at once',
    find: 'clock() + details[1], timer',
    put: '0, timer',
  },
  {
    script: 'settle',
    what: 'a retry forgets its place',
    find: `  call('HSET', key .. ':live', index, details[8])
  if fresh`,
    put: '  if fresh',
  },
  {
    script: 'settle',
    what: 'dependents run though the run is cancelled',
    find: `header[2] and 'cancelled' or 'arrive', plan`,
    put: `'arrive', plan`,
  },
  {
    script: 'settle',
    what: 'an end after a failure does not end the run',
    find: 'plan, total, chunks, now, low, header[3])',
    put: 'plan, total, chunks, now, low)',
  },
  {
    script: 'settle',
    what: 'a failure keeps no reason',
    find: '  fail_run(P, run, details[1])',
    put: '  fail_run(P, run)',
  },
  {
    script: 'settle',
    what: 'dependents of a failed node are cancelled',
    find: `conclude(P, run, index, event, 'skipped', plan`,
    put: `conclude(P, run, index, event, 'cancelled', plan`,
  },
  {
    script: 'settle',
    what: 'dependents of a cancelled node are skipped',
    find: `conclude(P, run, index, event, 'cancelled', plan`,
    put: `conclude(P, run, index, event, 'skipped', plan`,
  },
  {
    script: 'settle',
    what: 'the queue is not topped up',
    find: 'refill(P, queue_name, now, low)',
    put: '',
  },
  {
    script: 'settle',
    what: 'a late end does not take its job along',
    find: 'if reply == -2 or reply == -3 then',
    put: 'if false then',
  },
  {
    script: 'settle',
    what: 'a job that was put back stays in its queue',
    find: `  queue.waiting = queue.waiting - call('LREM', k[1], 0, ARGV[1])\n`,
    put: '',
  },
  {
    script: 'settle',
    what: 'a worker is woken for the job that a late end took along',
    find: `queue.waiting = queue.waiting - call('LREM', k[1], 0, ARGV[1])`,
    put: `call('LREM', k[1], 0, ARGV[1])`,
  },
  {
    script: 'settle',
    what: 'wake-ups are as BullMQ leaves them',
    find: 'mend_marker(ARGV[7], queue_of(P, queue_name, low).waiting - (fetched and 1 or 0), fetched)',
    put: '',
  },
  {
    script: 'settle',
    what: 'nobody is told of the rest of the edges',
    find: 'return { more and 1 or 0, attach(P, reply',
    put: 'return { 0, attach(P, reply',
  },
  {
    script: 'settle',
    what: 'nothing comes along with the next job',
    find: `attach(P, reply, run, { ARGV[15], header[2] })`,
    put: 'reply',
  },
  {
    script: 'settle',
    what: 'the next job of the same run is not told of the cancellation',
    find: `attach(P, reply, run, { ARGV[15], header[2] })`,
    put: 'attach(P, reply, run, { ARGV[15] })',
  },
]

const rest: readonly Mutant[] = [
  {
    script: 'submit',
    what: 'a key names no run',
    find: `if known and known ~= run then return { 'known', known, 0 } end`,
    put: '',
  },
  {
    script: 'submit',
    what: 'a key is not kept',
    find: `if ARGV[3] ~= '' then call('SET', P .. ':key:'`,
    put: `if false then call('SET', P .. ':key:'`,
  },
  {
    script: 'submit',
    what: 'a repetition begins anew',
    find: `if call('HGET', key, 'released') then return { 'created', run, call('LLEN', P .. ':backlog') } end`,
    put: '',
  },
  {
    script: 'submit',
    what: 'a run is in no list',
    find: `call('ZADD', P .. ':runs', now, run)`,
    put: '',
  },
  {
    script: 'submit',
    what: 'queues are not known',
    find: `call('SADD', P .. ':queues', unpack(names))`,
    put: '',
  },
  {
    script: 'submit',
    what: 'the second chunk of roots is left out',
    find: 'for chunk = 1, tonumber(sizes[2]) - 1 do',
    put: 'for chunk = 2, tonumber(sizes[2]) - 1 do',
  },
  {
    script: 'submit',
    what: 'the first chunk of roots comes again',
    find: 'for chunk = 1, tonumber(sizes[2]) - 1 do',
    put: 'for chunk = 0, tonumber(sizes[2]) - 1 do',
  },
  {
    script: 'claim',
    what: 'a repetition gets another job',
    find: 'if held then return attach(P, held) end',
    put: '',
  },
  {
    script: 'claim',
    what: 'the queue is not topped up',
    find: 'refill(P, queue_name, tonumber(ARGV[2]), low)',
    put: '',
  },
  {
    script: 'claim',
    what: 'wake-ups are as BullMQ leaves them',
    find: `mend_marker(ARGV[1], call('LLEN', KEYS[1]), has_job(reply))`,
    put: '',
  },
  {
    script: 'recover',
    what: 'losses are not counted',
    find: `call('HINCRBY', key .. ':losses', index, 1)`,
    put: '1',
  },
  {
    script: 'recover',
    what: 'a loss is not told',
    find: `    emit(P, '{"type":"node_lost"`,
    put: `    local _ = ('{"type":"node_lost"`,
  },
  {
    script: 'recover',
    what: 'a loss is told with the attempt before it',
    find: 'local attempt = tonumber(base) + tonumber(job[2])',
    put: 'local attempt = tonumber(base) + tonumber(job[2]) - 1',
  },
  {
    script: 'recover',
    what: 'one loss more is borne',
    find: 'losses >= budget then',
    put: 'losses > budget then',
  },
  {
    script: 'recover',
    what: 'a cancelled node run is tried again after a loss',
    find: 'if header[2] or losses >= budget then',
    put: 'if losses >= budget then',
  },
  {
    script: 'recover',
    what: 'a node run that was lost too often stays in its queue',
    find: `      call('LREM', KEYS[2], 0, id)\n`,
    put: '',
  },
  {
    script: 'recover',
    what: 'the job of a node run that was lost too often is left',
    find: `call('DEL', prefix .. id, prefix .. id .. ':lock')`,
    put: '',
  },
  {
    script: 'recover',
    what: 'a node run that was lost too often does not fail its run',
    find: `    fail_run(P, run, 'Node "' .. name .. '" failed: ' .. reason)\n`,
    put: '',
  },
  {
    script: 'recover',
    what: 'dependents of a node run that was lost too often are cancelled',
    find: `status == 'failed' and 'skipped' or status`,
    put: `'cancelled'`,
  },
  {
    script: 'recover',
    what: 'what was lost forgets its generation',
    find: `.. string.match(id, '(%d+)$') ..`,
    put: '.. 1 ..',
  },
  {
    script: 'recover',
    what: 'nothing is ever set aside',
    find: 'if losses >= SUSPECT and not in_quarantine then',
    put: 'if false then',
  },
  {
    script: 'recover',
    what: 'the first loss sets aside',
    find: 'if losses >= SUSPECT and not in_quarantine then',
    put: 'if not in_quarantine then',
  },
  {
    script: 'recover',
    what: 'nobody is woken for a suspect',
    find: 'mend_marker(aside_of(prefix), 1, false)',
    put: '',
  },
  {
    script: 'advance',
    what: 'a timer fires for ever',
    find: `      admit(P, run, queue_name, entry, now, low, true, true)
    end
    call('ZREM', P .. ':due', member)`,
    put: `      admit(P, run, queue_name, entry, now, low, true, true)
    end`,
  },
  {
    script: 'advance',
    what: 'a timer fires into nothing',
    find: '      admit(P, run, queue_name, entry, now, low, true, true)\n',
    put: '',
  },
  {
    script: 'advance',
    what: 'a retry is taken for known, as something is shown of it',
    find: 'admit(P, run, queue_name, entry, now, low, true, true)',
    put: 'admit(P, run, queue_name, entry, now, low, true)',
  },
  {
    script: 'advance',
    what: 'the backlog is left',
    find: 'local left = drain_backlog(P, now, low, budget)',
    put: 'local left = 0',
  },
  {
    script: 'advance',
    what: 'a publication that is due is not made',
    find: 'publications[#publications + 1] = rest',
    put: '',
  },
  {
    script: 'advance',
    what: 'a publication is handed out again and again',
    find: `call('ZADD', P .. ':due', now + 30000, member)`,
    put: '',
  },
  {
    script: 'advance',
    what: 'publications are handed to one who makes none',
    find: `elseif kind == 'publish' and ARGV[3] ~= '1' then`,
    put: 'elseif false then',
  },
  {
    script: 'cancel',
    what: 'a run that has ended is cancelled',
    find: `if header[1] ~= 'running' then return 'ended' end`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'the run is not marked',
    find: `call('HSET', key, 'cancelling', 1)`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'workers are not told',
    find: `call('SADD', P .. ':cancelling', run)`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'the jobs of all runs are cancelled',
    find: `if string.sub(id, 1, #run + 1) == run .. '/' then`,
    put: 'if true then',
  },
  {
    script: 'cancel',
    what: 'jobs stay in their queue',
    find: `call('LREM', prefix .. 'wait', 1, id)`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'jobs stay behind',
    find: `      call('DEL', prefix .. id)\n`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'what waits in a ready list is not ended',
    find: `    stop(decode_entry(text))\n`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'the run keeps its turn',
    find: `call('LREM', P .. ':ready:' .. name, 0, run)`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'what waits for a retry is not ended',
    find: `  stop(decode_entry(string.match(member, '^retry|[^|]+|[^|]+|(.*)$')))\n`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'timers stay behind',
    find: `  call('ZREM', P .. ':due', member)\n`,
    put: '',
  },
  {
    script: 'cancel',
    what: 'the timers of all runs are removed',
    find: 'if string.sub(member, 1, #mine) == mine then',
    put: `if string.sub(member, 1, 6) == 'retry|' then`,
  },
  {
    script: 'mend',
    what: 'a retry that waits is put into a queue',
    find: `return call('ZSCORE', P .. ':due', timer) or call`,
    put: 'return call',
  },
  {
    script: 'mend',
    what: 'all is put into a queue',
    find: 'if not placed then',
    put: 'if true then',
  },
  {
    script: 'mend',
    what: 'what vanished gets its old generation',
    find: 'entry[2], entry[3] = entry[2] + 1, math.max(entry[3], used)',
    put: 'entry[2], entry[3] = entry[2], math.max(entry[3], used)',
  },
  {
    script: 'mend',
    what: 'attempts are counted anew',
    find: 'entry[2], entry[3] = entry[2] + 1, math.max(entry[3], used)',
    put: 'entry[2] = entry[2] + 1',
  },
  {
    script: 'mend',
    what: 'an attempt that nobody knows of shares its number',
    find: `(place['status'] == 'running' and 0 or 1)`,
    put: `(shown and 0 or 1)`,
  },
  {
    script: 'mend',
    what: 'failures are forgotten',
    find: `place['failures'] or 0, name }`,
    put: '0, name }',
  },
  {
    script: 'mend',
    what: 'a suspect goes back to its queue',
    find: `    queue_name = queue_name .. ASIDE\n`,
    put: '',
  },
  {
    script: 'mend',
    what: 'a suspect in quarantine is not seen',
    find: 'placed = placed or is_placed(queue_of(P, queue_name, low), entry)',
    put: '',
  },
  {
    script: 'mend',
    what: 'the new generation is not kept',
    find: `.. ',"base":' .. entry[3] .. ',"failures":' .. entry[4] .. '}')\n    admit`,
    put: `.. ',"base":' .. entry[3] .. ',"failures":' .. entry[4] .. '}' and place['none'])\n    admit`,
  },
  {
    script: 'mend',
    what: 'edges that were lost are not followed',
    find: 'for chunk = 0, followed[i + 1] - 1 do',
    put: 'for chunk = 1, followed[i + 1] - 1 do',
  },
  {
    script: 'mend',
    what: 'a publication whose timer was lost is not made',
    find: `if owner == run and name == dataset then`,
    put: 'if false then',
  },
  {
    script: 'note',
    what: 'an ended node run is told of',
    find: `or call('HEXISTS', key .. ':nodes', ARGV[2]) == 1 then return 'ended' end`,
    put: `then return 'ended' end`,
  },
  {
    script: 'note',
    what: 'what is shown is not kept',
    find: `if ARGV[3] ~= '' then call('HSET'`,
    put: `if false then call('HSET'`,
  },
  {
    script: 'note',
    what: 'a repetition is told again',
    find: `    call('HSET', key .. ':live', told, ARGV[5])\n`,
    put: '',
  },
  {
    script: 'note',
    what: 'the first event is left out',
    find: 'for i = 6, #ARGV do emit',
    put: 'for i = 7, #ARGV do emit',
  },
  {
    script: 'note',
    what: 'a running attempt is not told of the cancellation',
    find: `if header[2] then return 'cancelling' end`,
    put: '',
  },
  {
    script: 'publish',
    what: 'one who has lost the lock publishes',
    find: `if call('GET', lock) ~= ARGV[3] then return 0 end`,
    put: '',
  },
  {
    script: 'publish',
    what: 'a refusal is taken for a publication',
    find: `if ARGV[4] ~= '' then`,
    put: 'if false then',
  },
  {
    script: 'publish',
    what: 'an older publication counts as the last',
    find: 'elseif tonumber(sequence) > last then',
    put: 'else',
  },
  {
    script: 'publish',
    what: 'a publication is still owed',
    find: `call('SREM', P .. ':run:' .. run .. ':publish', dataset)`,
    put: '',
  },
  {
    script: 'publish',
    what: 'the timer of a publication stays',
    find: `call('ZREM', P .. ':due', 'publish|' .. ARGV[1])`,
    put: '',
  },
  {
    script: 'publish',
    what: 'a publication stays in the list',
    find: `call('ZREM', P .. ':publications', ARGV[1])`,
    put: '',
  },
  {
    script: 'publish',
    what: 'a run does not end with its last publication',
    find: '  finish_run(P, run, clock())',
    put: '',
  },
  {
    script: 'publish',
    what: 'a run ends with a publication though nodes run',
    find: `and call('HLEN', P .. ':run:' .. run .. ':nodes') >= tonumber(header[2]) then`,
    put: 'then',
  },
  {
    script: 'renew',
    what: 'the lease of another attempt is taken',
    find: `if not back and (start[1] ~= ARGV[2] or (start[2] or '') ~= ARGV[3]) then return 0 end`,
    put: 'if not back and not start[1] then return 0 end',
  },
  {
    script: 'renew',
    what: 'a suspect cannot be taken back',
    find: 'local back = not start[1] and take_back(queue, id, ARGV[2], ARGV[3])',
    put: 'local back = false',
  },
  {
    script: 'renew',
    what: 'no lease is taken',
    find: `call('SET', queue .. id .. ':lock', ARGV[4], 'PX', ARGV[5])`,
    put: '',
  },
  {
    script: 'renew',
    what: 'a job that was put back stays in its queue',
    find: `call('LREM', queue .. 'wait', 0, id)\n`,
    put: '',
  },
  {
    script: 'renew',
    what: 'a job that is taken back is in no list',
    find: `then call('LPUSH', queue .. 'active', id) end`,
    put: 'then end',
  },
]

/** One small mistake each. */
export const mutants: readonly Mutant[] = [...shared, ...commits, ...rest]
