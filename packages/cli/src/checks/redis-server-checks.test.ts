import { describe, expect, it } from 'vitest'

import type { Check } from './check.ts'
import { redisServerChecks } from './redis-server-checks.ts'

const healthy = {
  role: 'master',
  connected_slaves: '0',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  aof_last_bgrewrite_status: 'ok',
  rdb_last_bgsave_status: 'ok',
  maxmemory_policy: 'noeviction',
  maxmemory: '0',
  used_memory: '1048576',
}

const usual = {
  appendfsync: 'everysec',
  save: '3600 1',
  'stop-writes-on-bgsave-error': 'yes',
  'min-replicas-to-write': '0',
}

function check(
  name: string,
  info: Readonly<Record<string, string>> = {},
  settings: Readonly<Record<string, string>> = {},
  skew: number | undefined = 20,
): Check | undefined {
  const text = Object.entries({ ...healthy, ...info })
    .map(([key, value]) => `${key}:${value}`)
    .join('\r\n')
  const checks = redisServerChecks({ info: text, settings: { ...usual, ...settings }, skew })
  return checks.find((found) => found.name === name)
}

describe('the check of a Redis', () => {
  it('finds a usual one in order, and says what a loss of power costs', () => {
    const names = ['append-only file', 'maxmemory-policy', 'memory', 'replicas', 'clock']
    for (const name of names) expect(check(name)).toMatchObject({ name, state: 'ok' })
    expect(check('snapshots')).toBeUndefined()
    expect(check('append-only file')?.text).toContain('a loss of power up to the last second')
    expect(check('append-only file', {}, { appendfsync: 'always' })?.text).toContain('nor')
  })

  it.each<[string, string, string, Record<string, string>, Record<string, string>]>([
    ['append-only file', 'warn', 'a crash of Redis loses', { aof_enabled: '0' }, {}],
    ['append-only file', 'warn', 'half a minute', {}, { appendfsync: 'no' }],
    ['append-only file', 'fail', 'last write failed', { aof_last_write_status: 'err' }, {}],
    ['append-only file', 'warn', 'it grows', { aof_last_bgrewrite_status: 'err' }, {}],
    ['snapshots', 'fail', 'refuses writes', { rdb_last_bgsave_status: 'err' }, {}],
    ['snapshots', 'warn', 'failed', { rdb_last_bgsave_status: 'err' }, { save: '' }],
    ['maxmemory-policy', 'fail', 'allkeys-lru', { maxmemory_policy: 'allkeys-lru' }, {}],
    ['memory', 'warn', '87 %', { used_memory: '9122611', maxmemory: '10485760' }, {}],
    ['memory', 'ok', '1.0 MiB of 10 MiB used (10 %)', { maxmemory: '10485760' }, {}],
    ['replicas', 'fail', 'is a replica itself', { role: 'slave' }, {}],
    ['replicas', 'fail', '0 in good order, 1 needed', {}, { 'min-replicas-to-write': '1' }],
    ['replicas', 'ok', 'a failover may lose', { connected_slaves: '2' }, {}],
  ])('says of %s: %s, %s', (name, state, text, info, settings) => {
    const found = check(name, info, settings)
    expect(found).toMatchObject({ state, text: expect.stringContaining(text) })
    expect(found?.advice === undefined).toBe(state === 'ok')
  })

  it('says by how much the clock is off, and which way', () => {
    expect(check('clock', {}, {}, 61_000)).toMatchObject({
      state: 'fail',
      text: expect.stringContaining('61.0 s ahead of that of Redis'),
    })
    expect(check('clock', {}, {}, -7000)?.text).toContain('7.0 s behind')
  })
})
