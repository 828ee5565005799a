import type { Mutant } from './mutant.ts'

/** Of admission: queues, ready lists and turns. */
export const admissionMutants: readonly Mutant[] = [
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
    find: 'jobs.waiting = jobs.waiting + 1',
    put: 'jobs.waiting = jobs.waiting',
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
    find: `if call('LPOS', ready, text, 'RANK', -1, 'MAXLEN', 1024) or call('LPOS', ready, text, 'MAXLEN', 64) then`,
    put: 'if false then',
  },
  {
    script: 'ledger',
    what: 'a run whose turn was lost does not get it back',
    find: `    take_turn(queue, run, priority_of(P, run), true)
`,
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
    equivalent: 'the reconciler looks into the quarantine of a suspect by itself',
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
    find: `        take_turn(queue, run, priority_of(P, run), false)
`,
    put: '',
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
    find: `call('LMOVE', ring, ring, 'LEFT', 'RIGHT')`,
    put: `call('LPOP', ring)`,
  },
  {
    script: 'ledger',
    what: 'a run keeps a turn for nothing',
    find: `      call('LREM', ring, 1, run)
    end
    for`,
    put: `    call('LMOVE', ring, ring, 'LEFT', 'RIGHT')
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
    find: 'if not goes_on(P, run, header[1]) then return false end',
    put: '',
    equivalent: 'whoever calls it has just read that the run runs',
  },
]
