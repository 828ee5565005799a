import { setPrelude, type ScriptName } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

/** Commands that change nothing: an error before one of them is an error before the next write. */
const reads = [
  'BITCOUNT',
  'EXISTS',
  'GET',
  'GETBIT',
  'HEXISTS',
  'HGET',
  'HGETALL',
  'HLEN',
  'HMGET',
  'HRANDFIELD',
  'HSTRLEN',
  'LINDEX',
  'LLEN',
  'LPOS',
  'LRANGE',
  'PTTL',
  'SCARD',
  'SISMEMBER',
  'SMEMBERS',
  'SRANDMEMBER',
  'TIME',
  'XREVRANGE',
  'ZCARD',
  'ZRANDMEMBER',
  'ZRANGE',
  'ZRANGEBYSCORE',
  'ZSCORE',
  'ZREVRANGE',
]

/** Makes the scripts of this process fail at a chosen write, once: the key that arms the fault goes when it strikes. */
export function installFaults(prefix: string): void {
  const known = reads.map((name) => `${name}=true`).join(',')
  setPrelude(
    (script) => `
local real, reads = redis, {${known}}
local redis = setmetatable({}, { __index = real })
local armed, written, among
redis.call = function(command, ...)
  if not reads[command] then
    if armed == nil then
      armed = tonumber(real.call('GET', 'fault:${prefix}:${script}') or 0); written = 0
      among = armed > 0 and real.call('GET', 'fault:${prefix}:among') or ''
    end
    if armed > 0 and (among == '' or string.find(tostring((...)), among, 1, true)) then
      written = written + 1
      if armed == ${counting} and written > tonumber(real.call('GET', 'fault:${prefix}:${script}:most') or 0) then
        real.call('SET', 'fault:${prefix}:${script}:most', written)
      end
      if written >= armed then
        real.call('DEL', 'fault:${prefix}:${script}')
        armed = 0
        error('injected fault')
      end
    end
  end
  return real.call(command, ...)
end
`,
  )
}

/** Number of a write that no script reaches: armed with it, calls are counted and none fails. */
const counting = 1_000_000_000

/** The writes of the longest call of a script while the action lasts. */
export async function mostWrites(
  redis: Redis,
  prefix: string,
  script: ScriptName,
  action: () => Promise<unknown>,
): Promise<number> {
  await arm(redis, prefix, script, counting)
  await action()
  await disarm(redis, prefix, script)
  return Number(await redis.getdel(`fault:${prefix}:${script}:most`))
}

/**
 * Makes the next call of a script fail at its n-th write.
 *
 * @param among Part of a key: only writes to such keys are counted. Default: all are.
 */
export async function arm(
  redis: Redis,
  prefix: string,
  script: ScriptName,
  write: number,
  among: string = '',
): Promise<void> {
  await redis.mset(`fault:${prefix}:${script}`, write, `fault:${prefix}:among`, among)
}

/** True when the fault has not struck: the script made fewer writes. Disarms it. */
export async function disarm(redis: Redis, prefix: string, script: ScriptName): Promise<boolean> {
  return (await redis.del(`fault:${prefix}:${script}`)) === 1
}

/** Scripts as they are. */
export function removeFaults(): void {
  setPrelude(() => '')
}
