import { setTimeout as delay } from 'node:timers/promises'

import { Redis, type RedisOptions } from 'ioredis'

import { ConfigError, InfrastructureError } from '../errors.ts'
import type { DurabilityOptions } from './durability-options.ts'
import { lastProblem, rememberProblems } from './last-problem.ts'
import { redisError } from './redis-error.ts'

/** How to reach Redis and where the keys of this installation begin. */
export interface ConnectOptions extends DurabilityOptions {
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

/** Milliseconds after which a command of a caller who holds a request open fails with `REDIS_TIMEOUT`. */
const commandTimeout = 5000

/**
 * Milliseconds without a byte, while an answer is due, after which a socket counts as dead: a partition or a server that is
 * frozen says nothing. Then the connection is made anew and what was under way is sent again.
 */
const silence = 3000

/** What all our connections have in common. */
export const steadyOptions: RedisOptions & { readonly replyMapping: 'legacy' } = {
  replyMapping: 'legacy',
  connectTimeout: 4000,
  socketTimeout: silence,
  // ioredis asks again when the server says that it has loaded its data, which it guesses badly.
  maxLoadingRetryTime: 250,
  retryStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 5), 1000),
  // A replica that was the primary: the next command goes to whatever the address leads to then. The one that was refused
  // fails, so that its sender knows: sent again by itself, it would go to the same server ten times a second, unheard of.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
}

/**
 * Opens a connection.
 *
 * @param patience `wait`: commands wait until Redis is back (workers, consumers). `fail`: a command fails after about two
 *   seconds without a connection and five without an answer (callers who hold a request open).
 */
export function openRedis(url: string, patience: Patience): Redis {
  parseRedisUrl(url)
  const redis = new Redis(url, {
    ...steadyOptions,
    ...(patience === 'wait'
      ? { maxRetriesPerRequest: null, enableReadyCheck: true }
      : // Without the check a server that loads its data says so.
        {
          maxRetriesPerRequest: 3,
          retryStrategy: (tries: number) => Math.min(50 * 2 ** Math.min(tries, 4), 500),
          enableReadyCheck: false,
          commandTimeout,
        }),
  })
  // Failed commands carry the error to their callers; without a listener each attempt to connect would end the process.
  rememberProblems(redis)
  return redis
}

/**
 * Waits until the server answers.
 *
 * @throws InfrastructureError `REDIS_UNREACHABLE`, also when nothing answers; `REDIS_LOADING`, `REDIS_BUSY`
 */
export async function assertReachable(
  redis: Redis,
  url: string,
  timeout: number = 5000,
): Promise<void> {
  const end = performance.now() + timeout
  const place = `reach Redis at ${withoutPassword(url)}`
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- asked again while the server loads its data
      await within(end - performance.now(), redis.ping())
      return
    } catch (error) {
      const known = redisError(place, error, lastProblem(redis))
      const starts = known.code === 'REDIS_LOADING' || known.code === 'REDIS_BUSY'
      if (starts && performance.now() < end) {
        // oxlint-disable-next-line no-await-in-loop
        await delay(100)
        continue
      }
      if (starts) throw known
      throw new InfrastructureError(
        'REDIS_UNREACHABLE',
        `Redis at ${withoutPassword(url)} does not answer: ${reason(lastProblem(redis) ?? error)}.`,
        { hint: 'Start it, or set REDIS_URL to a server that runs.', cause: error },
      )
    }
  }
}

async function within<Answer>(milliseconds: number, answer: Promise<Answer>): Promise<Answer> {
  const stop = new AbortController()
  const late = delay(Math.max(1, milliseconds), undefined, { signal: stop.signal })
  try {
    return await Promise.race([
      answer,
      late.then(() => {
        throw new Error('no answer')
      }),
    ])
  } finally {
    // Its rejection is the race's, which is over.
    late.catch(() => undefined)
    stop.abort()
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}
