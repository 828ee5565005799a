import { Redis, type RedisOptions } from 'ioredis'

import { ConfigError, InfrastructureError } from '../errors.ts'

/** How to reach Redis and where the keys of this installation begin. */
export interface ConnectOptions {
  /** `redis://[user:password@]host:port/database` or `rediss://…`. Default `redis://127.0.0.1:6379`. */
  readonly redis?: string | undefined
  /** Prefix of all keys: one hash tag. Default `{pw}`. */
  readonly prefix?: string | undefined
}

/** Prefix of all keys when none is given. */
export const defaultPrefix = '{pw}'

/** Where Redis is when nothing says otherwise. */
export const defaultRedisUrl = 'redis://127.0.0.1:6379'

/** @throws ConfigError `INVALID_PREFIX` when it is not one hash tag. */
export function checkPrefix(prefix: string): string {
  if (/^\{[\w.-]{1,50}(?::\d{1,5})?\}$/.test(prefix)) return prefix
  throw new ConfigError(
    'INVALID_PREFIX',
    `The key prefix ${JSON.stringify(prefix)} is not one hash tag.`,
    {
      hint: 'Write letters, digits, "_", "-" or "." in braces, such as {pw}, so that all keys lie in one slot.',
    },
  )
}

/** @throws ConfigError `INVALID_REDIS_URL` */
function parseRedisUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'redis:' || parsed?.protocol === 'rediss:') return parsed
  throw new ConfigError(
    'INVALID_REDIS_URL',
    `${JSON.stringify(withoutPassword(url))} is not the address of a Redis server.`,
    {
      hint: 'Write redis://host:port or rediss://user:password@host:port.',
    },
  )
}

/** The address as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@')
}

/** How a connection behaves when Redis is away. */
export type Patience = 'wait' | 'fail'

/**
 * Opens a connection.
 *
 * @param patience `wait`: commands wait until Redis is back (workers, consumers). `fail`: a command fails after about two
 *   seconds (callers who hold a request open).
 */
export function openRedis(url: string, patience: Patience): Redis {
  parseRedisUrl(url)
  const options = {
    replyMapping: 'legacy',
    maxRetriesPerRequest: patience === 'wait' ? null : 3,
    retryStrategy: (tries: number) => Math.min(50 * 2 ** Math.min(tries, 5), 1000),
    // A replica that was promoted away: find the primary again and send the command there.
    reconnectOnError: (error: Error): false | 2 =>
      error.message.startsWith('READONLY') ? 2 : false,
    enableReadyCheck: true,
    connectTimeout: 5000,
  } satisfies RedisOptions
  const redis = new Redis(url, options)
  // Failed commands carry the error to their callers; without a listener each attempt to connect would end the process.
  redis.on('error', () => undefined)
  return redis
}

/** Waits until the server answers. @throws InfrastructureError `REDIS_UNREACHABLE` */
export async function assertReachable(
  redis: Redis,
  url: string,
  timeout: number = 5000,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let last: unknown
  const remember = (error: unknown): void => {
    last = error
  }
  redis.on('error', remember)
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), timeout)
  })
  try {
    await Promise.race([redis.ping(), late])
  } catch (error) {
    throw new InfrastructureError(
      'REDIS_UNREACHABLE',
      `Redis at ${withoutPassword(url)} does not answer: ${reason(last ?? error)}.`,
      { hint: 'Start it, or set REDIS_URL to a server that runs.', cause: error },
    )
  } finally {
    clearTimeout(timer)
    redis.off('error', remember)
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
