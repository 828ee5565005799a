import type { Redis } from 'ioredis'
import * as z from 'zod'

import { InfrastructureError } from '../errors.ts'
import { asking } from './redis-error.ts'

/** The oldest Redis that has every command of the scripts. */
const oldest = [6, 2] as const

/** Milliseconds that the clock of a worker may differ from that of Redis. */
export const mostSkew = 5000

/** How `checkServer` asks. */
export interface ServerCheckOptions {
  /** Told of what could not be found out, as a sentence. */
  readonly onWarning: (message: string) => void
}

/**
 * Refuses a server that would lose runs, and a process whose clock is wrong.
 *
 * @throws InfrastructureError `REDIS_EVICTS`, `REDIS_TOO_OLD`, `CLOCK_SKEW`, `REDIS_…`
 */
export async function checkServer(redis: Redis, options: ServerCheckOptions): Promise<void> {
  await asking(redis, 'check the settings of Redis', async () => {
    const info = await permitted(async () => redis.info())
    checkVersion(info)
    checkPolicy(field(info, 'maxmemory_policy') ?? (await configured(redis)), options)
    const skew = await permitted(async () => clockSkew(redis))
    if (skew === undefined) {
      options.onWarning('Redis does not tell its time to this user, so the clock is not checked.')
    } else if (Math.abs(skew) > mostSkew) {
      throw new InfrastructureError('CLOCK_SKEW', skewText(skew), {
        hint: 'Set the clock of this machine, or that of Redis, by NTP.',
      })
    }
  })
}

/**
 * Milliseconds by which the clock of this process is ahead of that of Redis; negative when it is behind. What the way there
 * and back may account for is left out, so a slow network is no skew.
 */
export async function clockSkew(redis: Redis): Promise<number> {
  let best = { trip: Infinity, skew: 0 }
  for (let tries = 0; tries < 3; tries += 1) {
    const sent = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- each is measured alone
    const [seconds, microseconds] = TimeReply.parse(await redis.time())
    const trip = performance.now() - sent
    const there = seconds * 1000 + microseconds / 1000
    if (trip < best.trip) best = { trip, skew: Date.now() - trip / 2 - there }
  }
  return Math.sign(best.skew) * Math.max(0, Math.abs(best.skew) - best.trip / 2)
}

/** By how much and which way, for people. */
export function skewText(skew: number): string {
  const seconds = Math.abs(skew / 1000).toFixed(1)
  return `The clock of this machine is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} that of Redis.`
}

type TimeReply = [seconds: number, microseconds: number]
const TimeReply: z.ZodType<TimeReply> = z.tuple([z.coerce.number(), z.coerce.number()])

function checkVersion(info: string | undefined): void {
  // Valkey tells in `redis_version` which Redis it is compatible with.
  const version = field(info, 'redis_version')
  if (version === undefined) return
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
  throw new InfrastructureError('REDIS_TOO_OLD', `Redis ${version} lacks commands of the ledger.`, {
    hint: `Use Redis ${oldest.join('.')} or newer, or Valkey.`,
  })
}

function checkPolicy(policy: string | undefined, { onWarning }: ServerCheckOptions): void {
  if (policy === undefined) {
    onWarning(
      'Redis does not tell its maxmemory-policy to this user. It must be noeviction, or runs may vanish.',
    )
  } else if (policy !== 'noeviction') {
    throw new InfrastructureError(
      'REDIS_EVICTS',
      `Redis throws data away when its memory is full: maxmemory-policy is ${policy}.`,
      { hint: 'Set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction.' },
    )
  }
}

async function configured(redis: Redis): Promise<string | undefined> {
  const reply: unknown = await permitted(async () => redis.config('GET', 'maxmemory-policy'))
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined
}

/** The answer, or undefined when the user may not ask, or a managed server knows no such command. */
async function permitted<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Error && /^NOPERM|unknown (?:sub)?command/i.test(error.message))
      return undefined
    throw error
  }
}

/** A field of the reply of INFO. */
function field(info: string | undefined, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info ?? '')?.[1]
}
