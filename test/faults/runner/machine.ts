import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'

import { Redis } from 'ioredis'

/** Where the figures of a report come from. */
export interface Machine {
  readonly cores: number
  readonly node: string
  readonly redis: string
  readonly bullmq: string
}

/** Looks at this machine and its Redis. */
export async function machineOf(redisUrl: string): Promise<Machine> {
  const redis = new Redis(redisUrl)
  try {
    const info = await redis.info('server')
    const valkey = /^valkey_version:(.+)$/m.exec(info)?.[1]?.trim()
    const version = /^redis_version:(.+)$/m.exec(info)?.[1]?.trim()
    const manifest = createRequire(import.meta.url).resolve('bullmq/package.json')
    // A package's manifest names its version.
    const { version: bullmq } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
    return {
      cores: availableParallelism(),
      node: process.version,
      redis: valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`,
      bullmq,
    }
  } finally {
    redis.disconnect()
  }
}
