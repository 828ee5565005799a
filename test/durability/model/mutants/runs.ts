import type { Mutant } from './mutant.ts'

/** Of the ends of runs and node runs, and of edges. */
export const runMutants: readonly Mutant[] = [
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
    find: `  call('ZREM', P .. ':runs', run)\n  return true`,
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
    find: `call('DEL', key .. ':edges', key .. ':live',`,
    put: `call('DEL', key .. ':live',`,
  },
  {
    script: 'ledger',
    what: 'losses outlive their run',
    find: `key .. ':live', key .. ':losses', key`,
    put: `key .. ':live', key`,
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
    put: 'emit(P, record)\n    if fresh then emit(P, record) end',
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
    find: `if header[4] and (how == 'arrive' or how == 'choose') then how = 'cancelled' end`,
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
    equivalent: 'whoever calls it has just read that there is no other record',
  },
  {
    script: 'ledger',
    what: 'the end of a node run is not told',
    find: `  if careful then emit_once(P, record) else emit(P, record) end
  local has_dependents`,
    put: '  local has_dependents',
  },
]
