import type { Mutant } from './mutant.ts'

/** Of commits. */
export const commitMutants: readonly Mutant[] = [
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
    find: `if header[2] and (outcome == 'retry' or outcome == 'release' or outcome == 'leave') then`,
    put: 'if false then',
  },
  {
    script: 'settle',
    what: 'a node run that is handed back is not told of the cancellation',
    find: `if header[2] and (outcome == 'retry' or outcome == 'release' or outcome == 'leave') then`,
    put: `if header[2] and outcome == 'retry' then`,
  },
  {
    script: 'ledger',
    what: 'a publication is not owed',
    find: `call('SADD', key .. ':publish', details[i])`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'publications have no order',
    find: `details[i])
      if not call('ZSCORE', P .. ':publications', member) then
        call('ZADD', P .. ':publications', call('INCR', P .. ':publications:sequence'), member)`,
    put: `details[i])
      if not call('ZSCORE', P .. ':publications', member) then
        call('ZADD', P .. ':publications', 1, member)`,
  },
  {
    script: 'ledger',
    what: 'a publication has no timer',
    find: `call('ZADD', P .. ':due', clock() + 10000, 'publish|' .. member)`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'outputs are not kept',
    find: `call('HSET', key .. ':data', unpack(data, first, math.min(first + 999, #data)))`,
    put: '',
  },
  {
    script: 'settle',
    what: 'nothing is shown of what is handed back',
    find: `    show()
    emit_once(P, event)`,
    put: '    emit_once(P, event)',
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
    find: '    admit(P, run, queue_name, entry, now, low, true, true)\n    return',
    put: '    return',
  },
  {
    script: 'settle',
    what: 'what is handed back is taken for known, as something is shown of it',
    find: 'admit(P, run, queue_name, entry, now, low, true, true)',
    put: 'admit(P, run, queue_name, entry, now, low, true)',
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
    find: `  show()
  if outcome == 'leave' then return end`,
    put: `  if outcome == 'leave' then return end`,
  },
  {
    script: 'settle',
    what: 'dependents run though the run is cancelled',
    find: `header[2] and 'cancelled' or how, plan`,
    put: `how, plan`,
  },
  {
    script: 'settle',
    what: 'an end after a failure does not end the run',
    find: 'now, low, header[3] or header[5])',
    put: 'now, low, header[5])',
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
  {
    script: 'settle',
    what: 'a suspect goes back to its queue',
    find: `if losses >= SUSPECT and string.sub(queue_name, -#ASIDE) ~= ASIDE then queue_name = queue_name .. ASIDE end`,
    put: '',
  },
]
