import type { Mutant } from './mutant.ts'

/** Of triggers, branches, and results that are kept of an earlier run. */
export const choiceMutants: readonly Mutant[] = [
  {
    script: 'ledger',
    what: 'a node that waits for the ends of all runs after the first',
    find: `    if call('BITCOUNT', key .. ':edges', first, last) < needed then return end\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'an end after which nothing succeeds does not count as one',
    find: `follow_trigger(P, run, trigger, edges, i, false, now, low, careful)`,
    put: 'trigger = nil',
  },
  {
    script: 'ledger',
    what: 'what waits for any success is skipped with the first failure',
    find: `local trigger = how == 'skipped' and triggers[tostring(edges[i])]`,
    put: `local trigger = how == 'skipped' and triggers[tostring(edges[i])] == 'all' and 'all'`,
  },
  {
    script: 'ledger',
    what: 'what waits for all ends is skipped with the first failure',
    find: `local trigger = how == 'skipped' and triggers[tostring(edges[i])]`,
    put: `local trigger = how == 'skipped' and triggers[tostring(edges[i])] == 'any' and 'any'`,
  },
  {
    script: 'ledger',
    what: 'an earlier success is forgotten',
    find: `      succeeded = call('GETBIT', key .. ':edges', (last + 1) * 8) == 1\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'the success of the last one is taken for that of none',
    find: `if trigger == 'any' and succeeded then`,
    put: `if trigger == 'any' and succeeded and call('SETBIT', key .. ':edges', (last + 1) * 8, 1) then
      succeeded = false
    elseif false then`,
  },
  {
    script: 'ledger',
    what: 'what waits for any success runs after none',
    find: `elseif trigger == 'all' or succeeded then`,
    put: 'elseif true then',
  },
  {
    script: 'ledger',
    what: 'what waits for all ends does not run after failures alone',
    find: `elseif trigger == 'all' or succeeded then`,
    put: 'elseif succeeded then',
  },
  {
    script: 'ledger',
    what: 'what waits for all ends runs though the run is cancelled',
    find: `if call('HEXISTS', key, 'cancelling') == 1 then
    end_idle`,
    put: `if false then
    end_idle`,
  },
  {
    script: 'ledger',
    what: 'the reason of what was skipped names another end',
    find: `(failed and ' failed' or ' was skipped')`,
    put: `' failed'`,
  },
  {
    script: 'ledger',
    what: 'what a branch has not chosen runs',
    find: `    if declined[edges[i]] then\n`,
    put: '    if false then\n',
  },
  {
    script: 'ledger',
    what: 'what a branch has chosen is left out',
    find: `      for field = 0, EDGES - 1 do chosen[#chosen + 1] = edges[i + field] end\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'what a branch has not chosen is kept nowhere',
    find: `  call('HSET', key .. ':declined', index, cmsgpack.pack(declined))\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'an end after a choice does not end the run',
    find: `  call('HSET', key, 'declining', 1)\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'choices outlive their run',
    find: `key .. ':kept', key .. ':declined')`,
    put: `key .. ':kept')`,
  },
  {
    script: 'ledger',
    what: 'what was kept outlives its run',
    find: `key .. ':kept', key .. ':declined')`,
    put: `key .. ':declined')`,
  },
  {
    script: 'ledger',
    what: 'what was kept runs',
    find: `  if keeping[run] and call('HEXISTS'`,
    put: `  if false and call('HEXISTS'`,
  },
  {
    script: 'ledger',
    what: 'what was kept ends though the run is cancelled',
    find: `  local record, how = kept[1], 'cancelled'
  if header[4] then`,
    put: `  local record, how = kept[1], 'cancelled'
  if false then`,
  },
  {
    script: 'ledger',
    what: 'outputs that were kept are left out',
    find: `    keep_outputs(P, run, index, kept[2])\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'what a kept branch has not chosen runs',
    find: `how = keep_choice(P, run, index, kept[3])`,
    put: `how = 'arrive'`,
  },
  {
    script: 'ledger',
    what: 'what was kept is concluded again and again',
    find: `if not packed or (not careful and call('HEXISTS', key .. ':nodes', index) == 1) then return 0 end`,
    put: 'if not packed then return 0 end',
    equivalent: 'whoever finds its record there repeats what is done already',
  },
  {
    script: 'settle',
    what: 'a branch is followed as if it had chosen all',
    find: `or how, plan, total`,
    put: `or 'arrive', plan, total`,
  },
  {
    script: 'settle',
    what: 'an attempt that an error cut forgets its choice',
    find: `    if packed then details = { cmsgpack.unpack(packed) } end\n`,
    put: '',
  },
  {
    script: 'settle',
    what: 'a result cannot be found by its fingerprint',
    find: `  if fingerprint and outcome == 'succeeded' then`,
    put: '  if false then',
  },
  {
    script: 'mend',
    what: 'what was kept is put into a queue by the reconciler',
    find: `  if call('HEXISTS', key .. ':kept', index) == 1 then`,
    put: '  if false then',
  },
  {
    script: 'submit',
    what: 'what is kept may go while the run goes on',
    find: `call('PERSIST', key .. ':kept')\n`,
    put: '',
  },
]
