import { mostSkew, skewText } from '@pipewright/engine/internal'

import { exitCodes } from '../exit-code.ts'
import { fail, ok, warn, type Check } from './check.ts'

/** What a Redis says about itself. */
export interface RedisFacts {
  /** Reply of INFO. */
  readonly info: string
  /** Settings by name; those that the user may not read are missing. */
  readonly settings: Readonly<Record<string, string>>
  /** Milliseconds by which this machine's clock is ahead of Redis; undefined when the user may not ask. */
  readonly skew: number | undefined
}

/** Settings that {@link redisServerChecks} looks at. */
export const redisSettings = [
  'appendfsync',
  'min-replicas-to-write',
  'save',
  'stop-writes-on-bgsave-error',
] as const

/** Part of `maxmemory` from which on it is time to do something. */
const nearlyFull = 0.8

/** What the settings of a Redis mean for runs: one line each. */
export function redisServerChecks(facts: RedisFacts): readonly Check[] {
  return [
    appendOnlyFile(facts),
    ...snapshots(facts),
    policy(field(facts.info, 'maxmemory_policy')),
    memory(facts.info),
    replicas(facts),
    clock(facts.skew),
  ]
}

function appendOnlyFile({ info, settings }: RedisFacts): Check {
  const name = 'append-only file'
  if (field(info, 'aof_enabled') !== '1') {
    return warn(
      name,
      'off: a crash of Redis loses what was written since its last snapshot',
      'Set "appendonly yes" and "appendfsync everysec".',
    )
  }
  const failed = ['aof_last_write_status', 'aof_last_bgrewrite_status'].find((status) =>
    field(info, status)?.startsWith('err'),
  )
  if (failed === 'aof_last_write_status') {
    return fail(
      name,
      exitCodes.infrastructure,
      'its last write failed: Redis refuses writes, and runs wait',
      'Make room on the disk of Redis, or correct the rights of its folder; its log says more.',
    )
  }
  if (failed !== undefined) {
    return warn(
      name,
      'it could not be rewritten, so it grows',
      'Make room on the disk of Redis, then: redis-cli BGREWRITEAOF',
    )
  }
  return synced(name, settings['appendfsync'])
}

function synced(name: string, how: string | undefined): Check {
  if (how === 'always') {
    return ok(
      name,
      'on, synced with each write: neither a crash nor a loss of power loses anything',
    )
  }
  if (how === 'everysec') {
    return ok(
      name,
      'on, synced each second: a crash loses nothing, a loss of power up to the last second ("durability: strict" waits for the sync)',
    )
  }
  if (how === 'no') {
    return warn(
      name,
      'on, synced when the system likes: a loss of power may lose half a minute',
      'Set "appendfsync everysec".',
    )
  }
  return ok(name, 'on; the server does not tell how often it is synced')
}

/** Nothing to tell while they work: the append-only file is what counts. */
function snapshots({ info, settings }: RedisFacts): readonly Check[] {
  if (field(info, 'rdb_last_bgsave_status') !== 'err') return []
  const name = 'snapshots'
  const refuses = settings['stop-writes-on-bgsave-error'] !== 'no' && settings['save'] !== ''
  const advice = 'Make room on the disk of Redis, or correct its folder, then: redis-cli BGSAVE'
  if (!refuses) return [warn(name, 'the last one failed', advice)]
  const text = 'the last one failed: Redis refuses writes until one works, and runs wait'
  return [fail(name, exitCodes.infrastructure, text, advice)]
}

function policy(set: string | undefined): Check {
  const name = 'maxmemory-policy'
  if (set === undefined) return warn(name, 'the server does not tell', 'It must be noeviction.')
  if (set === 'noeviction') return ok(name, `${set}: a full memory makes runs wait, and loses none`)
  return fail(
    name,
    exitCodes.infrastructure,
    `${set}: Redis may throw away jobs and runs when memory is short; workers do not start`,
    'Set "maxmemory-policy noeviction".',
  )
}

function memory(info: string): Check {
  const name = 'memory'
  const used = Number(field(info, 'used_memory') ?? 0)
  const most = Number(field(info, 'maxmemory') ?? 0)
  if (most === 0) {
    return ok(name, `${mebibytes(used)} used, without a limit but that of its machine`)
  }
  const part = used / most
  const text = `${mebibytes(used)} of ${mebibytes(most)} used (${Math.round(part * 100)} %)`
  if (part < nearlyFull) return ok(name, text)
  return warn(
    name,
    `${text}: when it is full nothing can be enqueued and nodes that have ended wait`,
    'Raise maxmemory, or keep ended runs for a shorter time (retention of pipewright.yml).',
  )
}

function replicas({ info, settings }: RedisFacts): Check {
  const name = 'replicas'
  if (field(info, 'role') === 'slave') {
    return fail(
      name,
      exitCodes.infrastructure,
      'this server is a replica itself and takes no writes',
      'Give the address of the primary.',
    )
  }
  const count = Number(field(info, 'connected_slaves') ?? 0)
  const wanted = Number(settings['min-replicas-to-write'] ?? 0)
  const good = Number(field(info, 'min_slaves_good_slaves') ?? count)
  if (good < wanted) {
    return fail(
      name,
      exitCodes.infrastructure,
      `${good} in good order, ${wanted} needed: Redis refuses writes, and runs wait`,
      'Bring the replicas back, or lower min-replicas-to-write.',
    )
  }
  if (count === 0) return ok(name, 'none: the disk of this server holds the only copy')
  const needed = wanted === 0 ? 'none needed for a write' : `${wanted} needed for a write`
  return ok(
    name,
    `${count}, ${needed}: a failover may lose what had not been copied ("durability: strict" waits for copies)`,
  )
}

function clock(skew: number | undefined): Check {
  const name = 'clock'
  if (skew === undefined) {
    return warn(name, 'the server does not tell its time', 'Allow the user TIME.')
  }
  if (Math.abs(skew) <= mostSkew) {
    return ok(name, `within ${(Math.abs(skew) / 1000).toFixed(1)} s of that of Redis`)
  }
  return fail(
    name,
    exitCodes.infrastructure,
    `${skewText(skew)} Workers do not start here.`,
    'Set the clock of this machine, or that of Redis, by NTP.',
  )
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`
}

/** A field of the reply of INFO. */
export function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}
