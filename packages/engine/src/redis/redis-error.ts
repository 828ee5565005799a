import type { Redis } from 'ioredis'

import { InfrastructureError, PipewrightError, type ErrorDetails } from '../errors.ts'
import { lastProblem } from './last-problem.ts'

/** One kind of trouble: how its error begins, and what the caller is told. */
interface Trouble {
  readonly of: RegExp
  make(message: string, cause: unknown): InfrastructureError
}

/** A word at the start of a reply; in 6.2 the reply of a script wraps the error of the command that failed in it. */
function reply(words: string): RegExp {
  return new RegExp(String.raw`(?:^|\s-)(?:${words})\b`)
}

const troubles: readonly Trouble[] = [
  {
    of: reply('READONLY|MASTERDOWN|UNBLOCKED'),
    make: (message, cause) =>
      new InfrastructureError('REDIS_READONLY', message, {
        hint: 'This server is a replica. Give the address that always leads to the primary; after a failover try again.',
        cause,
      }),
  },
  {
    of: reply('OOM'),
    make: (message, cause) =>
      new InfrastructureError('REDIS_OUT_OF_MEMORY', message, {
        hint: 'Raise maxmemory, or remove data. "pipewright doctor" tells how much is left.',
        cause,
      }),
  },
  {
    of: reply('BUSY'),
    make: (message, cause) =>
      new InfrastructureError('REDIS_BUSY', message, {
        hint: 'A script holds the server. Wait for it, or end it with "redis-cli SCRIPT KILL".',
        cause,
      }),
  },
  {
    of: reply('LOADING'),
    make: (message, cause) =>
      new InfrastructureError('REDIS_LOADING', message, {
        hint: 'The server has started and reads its data. Try again when it is done.',
        cause,
      }),
  },
  {
    of: reply('MISCONF'),
    make: (message, cause) =>
      new InfrastructureError('REDIS_NOT_PERSISTING', message, {
        hint: 'Its disk may be full or not writable: its log says more. It takes writes again when it can save.',
        cause,
      }),
  },
  {
    of: reply('NOREPLICAS'),
    make: (message, cause) =>
      new InfrastructureError('REDIS_NO_REPLICAS', message, {
        hint: 'Bring its replicas back, or lower min-replicas-to-write.',
        cause,
      }),
  },
  {
    of: /^(?:Command timed out|Socket timeout|no answer)|\bETIMEDOUT\b/,
    make: (message, cause) =>
      new InfrastructureError('REDIS_TIMEOUT', message, {
        hint: 'It is frozen, overloaded or cut off. What was sent may still be done: try again, an enqueue with the same key.',
        cause,
      }),
  },
  {
    of: /\bE[A-Z_]*(?:REFUSED|RESET|PIPE|UNREACH|NOTFOUND|AGAIN|ABORTED)\b|^Connection is closed|^Reached the max retries|connection close|Stream isn't writeable/,
    make: (message, cause) =>
      new InfrastructureError('REDIS_UNREACHABLE', message, {
        hint: 'Start it, or set REDIS_URL to a server that runs.',
        cause,
      }),
  },
]

/** What passes by itself: to try again is right, and says nothing new until then. */
const passing: ReadonlySet<string> = new Set([
  'REDIS_READONLY',
  'REDIS_OUT_OF_MEMORY',
  'REDIS_BUSY',
  'REDIS_LOADING',
  'REDIS_NOT_PERSISTING',
  'REDIS_NO_REPLICAS',
  'REDIS_TIMEOUT',
  'REDIS_UNREACHABLE',
])

/** True for trouble of Redis that ends without a change to what was asked: an outage, a failover, a full memory. */
export function isPassing(error: unknown): error is InfrastructureError {
  return error instanceof InfrastructureError && passing.has(error.code)
}

/**
 * What an error of ioredis or of the server means. Errors of ours stay what they are.
 *
 * @param doing What was being done, to follow "Cannot": `enqueue pipeline "training"`
 * @param beneath What the connection said last, for errors that only say that it is gone. Default: nothing.
 */
export function redisError(doing: string, error: unknown, beneath?: unknown): PipewrightError {
  if (error instanceof PipewrightError) return error
  const said = [error, ...(isAboutConnection(error) ? [beneath] : [])]
    .map(textOf)
    .filter((text) => text !== '')
  const reason = said.at(-1) ?? 'it said nothing'
  const message = `Cannot ${doing}: ${sentence(reason)}`
  const trouble = troubles.find(({ of }) => of.test(reason))
  if (trouble !== undefined) return trouble.make(message, error)
  return new InfrastructureError('REDIS_FAILED', message, unknownTrouble(error))
}

function unknownTrouble(cause: unknown): ErrorDetails {
  return { hint: 'The message is the server’s own; its log may say more.', cause }
}

/** Calls `ask`, and turns what Redis or the way to it throws into an `InfrastructureError` with a code. */
export async function asking<Answer>(
  redis: Redis,
  doing: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (!isOfRedis(error)) throw error
    throw redisError(doing, error, lastProblem(redis))
  }
}

/** True for errors of the server and of the connection; a mistake in a program is none of them. */
export function isOfRedis(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError) return false
  if (error instanceof PipewrightError) return false
  if (/^(?:ReplyError|AbortError|MaxRetriesPerRequestError)$/.test(error.name)) return true
  return 'code' in error || 'syscall' in error || troubles.some(({ of }) => of.test(error.message))
}

/** These say that the connection is gone or slow, not why. */
function isAboutConnection(error: unknown): boolean {
  return /^(?:Reached the max retries|Connection is closed|Command timed out)|connection close/.test(
    textOf(error),
  )
}

/** An error of several addresses that were tried has no message of its own. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : ''
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}

const plainWords: readonly (readonly [RegExp, string])[] = [
  [/^(?:Command timed out|Socket timeout.*|no answer)$/, 'Redis does not answer in time'],
  [/^Reached the max retries.*$/, 'the connection to Redis is gone'],
  [/^Connection is closed\.?$/, 'the connection to Redis is closed'],
]

function sentence(reason: string): string {
  const plain = plainWords.find(([pattern]) => pattern.test(reason))?.[1]
  const text = plain ?? `Redis: ${reason}`
  return /[.!?]$/.test(text) ? text : `${text}.`
}
