import type { Redis } from 'ioredis'

const problems = new WeakMap<Redis, Error>()

/** Remembers what a connection says while it is down: a command that fails then says only that the connection is gone. */
export function rememberProblems(redis: Redis): void {
  redis.on('error', (error: Error) => problems.set(redis, error))
  redis.on('ready', () => problems.delete(redis))
}

/** What the connection said last, until it was up again. */
export function lastProblem(redis: Redis): Error | undefined {
  return problems.get(redis)
}
