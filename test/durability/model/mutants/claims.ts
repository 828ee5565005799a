import type { Mutant } from './mutant.ts'

/** Of claims, wake-ups, quarantine and the backlog. */
export const claimMutants: readonly Mutant[] = [
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
  {
    script: 'ledger',
    what: 'what has gone on is admitted again',
    find: 'if not has_gone_on(P, run, entry) and not is_known',
    put: 'if not is_known',
  },
  {
    script: 'ledger',
    what: 'what an error cut off is admitted though it is known',
    find: 'if not has_gone_on(P, run, entry) and not is_known(P, run, queue, entry, true) then',
    put: 'if not has_gone_on(P, run, entry) then',
  },
  {
    script: 'ledger',
    what: 'a repetition tells again',
    find: 'if not recent[text] then emit(P, text) end',
    put: 'emit(P, text)',
  },
]
