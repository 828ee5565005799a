import type { Mutant } from './mutant.ts'

/** Of lost workers and leases. */
export const lossMutants: readonly Mutant[] = [
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
]
