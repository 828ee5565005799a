import type { Mutant } from './mutant.ts'

/** Of lanes, priorities and pauses of queues. */
export const turnMutants: readonly Mutant[] = [
  {
    script: 'ledger',
    what: 'an urgent job waits behind the others',
    find: `  if level > 0 then put_forward(queue, id, level) end\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'an urgent job passes those of its own priority',
    find: `level_of(queue.P, jobs[at]) < level do`,
    put: `level_of(queue.P, jobs[at]) <= level do`,
  },
  {
    script: 'ledger',
    what: 'an urgent job goes before a more urgent one',
    find: `call('LINSERT', queue.wait, 'BEFORE', jobs[at], id)`,
    put: `call('RPUSH', queue.wait, id)`,
  },
  {
    script: 'ledger',
    what: 'an urgent job goes before one of its own priority',
    find: `call('LINSERT', queue.wait, 'BEFORE', jobs[at], id)`,
    put: `call('LINSERT', queue.wait, 'AFTER', jobs[at], id)`,
  },
  {
    script: 'ledger',
    what: 'an urgent job waits in two places',
    find: `  call('LPOP', queue.wait)\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'an urgent run waits behind a full queue',
    find: `return id and level_of(P, id) < level`,
    put: 'return false',
  },
  {
    script: 'ledger',
    what: 'an urgent run is let in beyond the limit of a node',
    find: `  if queue.held then return false end\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'priorities of those that wait are in no list',
    find: `if level ~= 0 then call('ZADD', queue.levels, level, level) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'the lowest priority goes first',
    find: `call('ZREVRANGE', queue.levels, 0, -1)`,
    put: `call('ZRANGE', queue.levels, 0, -1)`,
  },
  {
    script: 'ledger',
    what: 'priorities below 0 go before 0',
    find: `if level < 0 and not passed then`,
    put: `if false then`,
  },
  {
    script: 'ledger',
    what: 'runs of all priorities take turns with each other',
    find: `return level == 0 and queue.ring or queue.ring .. ':' .. level`,
    put: `return queue.ring`,
  },
  {
    script: 'ledger',
    what: 'a priority stays in the list when nobody of it waits',
    find: `then call('ZREM', queue.levels, text) end`,
    put: 'then break end',
  },
  {
    script: 'ledger',
    what: 'a priority stays in the list when the last of it was cancelled',
    find: `if level ~= 0 and call('EXISTS', ring) == 0 then call('ZREM', P .. ':levels:' .. name, level) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'the same run has its turn again and again',
    find: `call('LMOVE', ring, ring, 'LEFT', 'RIGHT')`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a node run that is let in is not counted',
    find: `if queue.held then call('HSET', queue.held, run .. '/' .. entry[5], id) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a node run that is let in takes no room of its lane',
    find: `if queue.held then queue.room = queue.room - 1 end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'those that are gone are counted on',
    find: `      sweep_lane(queue)\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'those that are there are forgotten',
    find: `    if call('EXISTS', plain .. some[i + 1], aside_of(plain) .. some[i + 1]) == 0 then
      call('HDEL', lane.held, some[i])
    end`,
    put: `    call('HDEL', lane.held, some[i])`,
  },
  {
    script: 'ledger',
    what: 'those in quarantine are forgotten',
    find: `aside_of(plain) .. some[i + 1]) == 0`,
    put: `plain .. some[i + 1]) == 0`,
  },
  {
    script: 'ledger',
    what: 'a lane of a quarantine forgets those in the queue',
    find: `local plain = string.gsub(lane.prefix, ASIDE .. ':$', ':')`,
    put: `local plain = lane.prefix`,
  },
  {
    script: 'ledger',
    what: 'a lane of a quarantine leads to the queue',
    find: `if string.sub(what, -#ASIDE) == ASIDE then real, what = real .. ASIDE, string.sub(what, 1, -#ASIDE - 1) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a lane with little room is not topped up',
    find: `(queue.held and 0 or low / 2)`,
    put: `low / 2`,
  },
  {
    script: 'ledger',
    what: 'who waits for a lane of a quarantine is forgotten',
    find: `      if string.sub(name, -#ASIDE) == ASIDE then call('SADD', P .. ':queues', name) end\n`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a pause does not hold for the quarantine',
    find: `local stop = string.find(prefix, '~', 1, true)`,
    put: `local stop = nil`,
  },
  {
    script: 'settle',
    what: 'an attempt that has ended is counted on in its lane',
    find: `if call('HGET', held, holder) == ARGV[1] then call('HDEL', held, holder) end`,
    put: '',
  },
  {
    script: 'settle',
    what: 'a repetition forgets the next generation of a node run',
    find: `if call('HGET', held, holder) == ARGV[1] then call('HDEL', held, holder) end`,
    put: `call('HDEL', held, holder)`,
  },
  {
    script: 'settle',
    what: 'the lane of an attempt that has ended is not topped up',
    find: `if lane ~= '' then refill(P, lane, now, low) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a lane fills its queue',
    find: `if queue.room > 0 and most > low then queue.room = math.min(queue.room, low - waiting_of(queue)) end`,
    put: '',
  },
  {
    script: 'ledger',
    what: 'a lane counts all that wait in its queue',
    find: `if call('HGET', lane.held, string.match(id, '^(.*)/%d+$') or '') == id then count = count + 1 end`,
    put: 'count = count + 1',
  },
]
