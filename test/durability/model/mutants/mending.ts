import type { Mutant } from './mutant.ts'

/** Of the reconciler and the caretaker. */
export const mendingMutants: readonly Mutant[] = [
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
    script: 'advance',
    what: 'what an error cut off is not admitted',
    find: `if call('EXISTS', underway) == 1 then mend_admission(P, queue_of(P, name, low), underway, now) end`,
    put: '',
  },
  {
    script: 'advance',
    what: 'those who wait are not looked for',
    find: `if call('EXISTS', underway, P .. ':ready:' .. name, P .. ':levels:' .. name) > 0 then`,
    put: `if call('EXISTS', underway) > 0 then`,
  },
]
