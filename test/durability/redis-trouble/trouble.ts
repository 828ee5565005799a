import { mkdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'

import { Redis } from 'ioredis'

import type { RedisProxy } from '../../support/redis-proxy.ts'
import type { PrivateRedis } from '../../support/redis.ts'

/** What a trouble is made of. */
export interface Place {
  readonly redis: PrivateRedis
  /** Between Redis and all of ours. */
  readonly proxy: RedisProxy
  /** Straight to Redis. */
  readonly admin: Redis
}

/** A way in which Redis can be in trouble. */
export interface Trouble {
  readonly name: string
  /** Code of what a client is told meanwhile; undefined when nothing that it does fails. */
  readonly code: string | undefined
  /** With what the server refuses commands, where it does so at once. */
  readonly refusal?: string
  begin(place: Place): Promise<void>
  end(place: Place): Promise<void>
}

/** How many keys a server has to load: with the delay of `slowLoading`, more than a second. */
const ballast = 2000

/** Settings by which a server takes its time to load. */
export const slowLoading = [
  '--key-load-delay',
  '500',
  '--loading-process-events-interval-bytes',
  '1024',
] as const

export const troubles: readonly Trouble[] = [
  {
    name: 'is killed',
    code: 'REDIS_UNREACHABLE',
    begin: async ({ redis }) => redis.kill(),
    end: async ({ redis }) => redis.restart(),
  },
  {
    name: 'has become a replica (READONLY)',
    code: 'REDIS_READONLY',
    refusal: 'READONLY',
    // Of a primary that is not there, so that it keeps its data.
    begin: async ({ admin }) => void (await admin.replicaof('127.0.0.1', 1)),
    end: async ({ admin }) => void (await admin.replicaof('NO', 'ONE')),
  },
  {
    name: 'has no memory left (OOM)',
    code: 'REDIS_OUT_OF_MEMORY',
    refusal: 'OOM',
    begin: async ({ admin }) => void (await admin.config('SET', 'maxmemory', '1')),
    end: async ({ admin }) => void (await admin.config('SET', 'maxmemory', '0')),
  },
  {
    name: 'is held by a script (BUSY)',
    code: 'REDIS_BUSY',
    refusal: 'BUSY',
    async begin({ redis, admin }) {
      await admin.config('SET', 'busy-reply-threshold', '50')
      const other = new Redis(redis.url, { retryStrategy: () => null })
      other.on('error', () => undefined)
      other
        .eval('while true do end', 0)
        .catch(() => undefined)
        .finally(() => other.disconnect())
      await until(async () => (await failure(admin.ping())).startsWith('BUSY'))
    },
    async end({ admin }) {
      await admin.call('SCRIPT', 'KILL')
      // The script looks only now and then whether it is to end.
      await until(async () => (await failure(admin.ping())) === '')
    },
  },
  {
    name: 'cannot save (MISCONF)',
    code: 'REDIS_NOT_PERSISTING',
    refusal: 'MISCONF',
    async begin({ admin }) {
      await admin.config('SET', 'save', '3600 1')
      // one that is there already was saved at an earlier time
      await rm(await snapshot(admin), { recursive: true, force: true })
      await mkdir(await snapshot(admin))
      await admin.bgsave()
      await until(async () => (await failure(admin.set('probe', 1))).startsWith('MISCONF'))
    },
    async end({ admin }) {
      await rmdir(await snapshot(admin))
      await admin.bgsave()
      await until(async () => (await failure(admin.set('probe', 1))) === '')
    },
  },
  {
    name: 'misses its replicas (NOREPLICAS)',
    code: 'REDIS_NO_REPLICAS',
    refusal: 'NOREPLICAS',
    begin: async ({ admin }) => void (await admin.config('SET', 'min-replicas-to-write', '1')),
    end: async ({ admin }) => void (await admin.config('SET', 'min-replicas-to-write', '0')),
  },
  {
    name: 'loads its data (LOADING)',
    code: 'REDIS_LOADING',
    async begin({ redis, admin }) {
      const pipeline = admin.pipeline()
      for (let key = 0; key < ballast; key += 1) pipeline.set(`ballast:${key}`, 'x'.repeat(100))
      await pipeline.exec()
      await admin.bgrewriteaof()
      await until(async () => /aof_rewrite_in_progress:0/.test(await admin.info('persistence')))
      await redis.kill()
      // It has returned when the server answers, which is the end of this trouble.
      loading.set(redis, redis.restart())
      await until(async () => (await failure(admin.get('probe'))).startsWith('LOADING'))
    },
    end: async ({ redis }) => loading.get(redis),
  },
  {
    name: 'has forgotten its scripts (NOSCRIPT)',
    code: undefined,
    begin: async ({ admin }) => void (await admin.script('FLUSH')),
    end: async () => undefined,
  },
  {
    name: 'is cut off without a word',
    code: 'REDIS_TIMEOUT',
    begin: async ({ proxy }) => proxy.partition(),
    end: async ({ proxy }) => proxy.partition(true),
  },
  {
    name: 'has forgotten its connections',
    code: undefined,
    begin: async ({ proxy }) => proxy.halfOpen(),
    end: async () => undefined,
  },
  {
    name: 'pauses its clients',
    code: 'REDIS_TIMEOUT',
    // To end a pause is a command too, and waits for its end.
    begin: async ({ admin }) => void (await admin.client('PAUSE', 6000, 'ALL')),
    end: async ({ admin }) => void (await admin.ping()),
  },
  {
    name: 'is frozen',
    code: 'REDIS_TIMEOUT',
    begin: async ({ redis }) => void process.kill(redis.pid, 'SIGSTOP'),
    end: async ({ redis }) => void process.kill(redis.pid, 'SIGCONT'),
  },
]

const loading = new WeakMap<PrivateRedis, Promise<void>>()

/** A folder in the place of the snapshot lets no snapshot be made. */
async function snapshot(admin: Redis): Promise<string> {
  const [, folder] = await admin.config('GET', 'dir')
  return join(String(folder), 'dump.rdb')
}

/** The message of what a command fails with; empty when it does not. */
async function failure(command: Promise<unknown>): Promise<string> {
  try {
    await command
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}
