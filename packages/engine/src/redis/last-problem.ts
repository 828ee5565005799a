import type { Redis } from 'ioredis'

const problems = new WeakMap<Redis, Error>()

/** Remembers what a connection says while it is down: a command that fails then says only that the connection is gone. */
export function rememberProblems(redis: Redis): void {
  redis.on('error', (error: Error) => problems.set(redis, error))
  // The other side may close it without an error.
  redis.on('close', () => {
    if (!problems.has(redis)) problems.set(redis, new Error('Connection is closed.'))
  })
  redis.on('ready', () => problems.delete(redis))
}

/** What the connection said last, until it was up again. */
export function lastProblem(redis: Redis): Error | undefined {
  return problems.get(redis)
}
