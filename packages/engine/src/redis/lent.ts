import type { Redis } from 'ioredis'

import * as keys from './keys.ts'
import { redisTime } from './presence.ts'

/** Milliseconds that a run which is about to be submitted has for it. */
const patience = 3_600_000

/**
 * Says that a run is to use files of earlier runs, so that they stay as long as it is kept. Only then is it looked whether the
 * files are there: a removal that has begun before leaves no record of the run.
 *
 * @param origins Runs whose files are used. The run itself may be among them.
 * @returns those that are still known; of the others nothing may be used.
 */
export async function borrowFiles(
  redis: Redis,
  prefix: string,
  run: string,
  origins: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const others = [...new Set(origins)].filter((origin) => origin !== run)
  if (others.length === 0) return new Set([run])
  const now = await redisTime(redis)
  await Promise.all(others.map(async (origin) => redis.zadd(keys.lent(prefix, origin), now, run)))
  const there = await Promise.all(
    others.map(async (origin) => redis.exists(keys.run(prefix, origin))),
  )
  return new Set([run, ...others.filter((_, at) => there[at] === 1)])
}

/** Whether another run still uses files of a run whose record is gone. Of those that are gone themselves it forgets the loan. */
export async function isLent(redis: Redis, prefix: string, origin: string): Promise<boolean> {
  const key = keys.lent(prefix, origin)
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- the newest first: usually it is the one that is still there
    const [borrower, since] = await redis.zrange(key, '0', '0', 'REV', 'WITHSCORES')
    if (borrower === undefined) return false
    // oxlint-disable-next-line no-await-in-loop
    if ((await redis.exists(keys.run(prefix, borrower))) === 1) return true
    // oxlint-disable-next-line no-await-in-loop
    if (Number(since) > (await redisTime(redis)) - patience) return true
    // oxlint-disable-next-line no-await-in-loop
    await redis.zrem(key, borrower)
  }
}
