import { availableParallelism, cpus, loadavg } from 'node:os'

import type { Redis } from 'ioredis'

/** One line that says where the numbers come from: without it they mean nothing. */
export async function machine(redis: Redis): Promise<string> {
  const info = await redis.info('server')
  const valkey = /^valkey_version:(.+)$/m.exec(info)?.[1]?.trim()
  const server =
    valkey === undefined
      ? `Redis ${/^redis_version:(.+)$/m.exec(info)?.[1]?.trim()}`
      : `Valkey ${valkey}`
  const load = loadavg()[0]?.toFixed(1)
  return `${availableParallelism()} cores of ${cpus()[0]?.model ?? process.arch}, Node ${process.version}, ${server}, load ${load}`
}
