import type { Redis } from 'ioredis'

import * as keys from './keys.ts'
import { redisTime } from './presence.ts'
import { publishedPlans } from './published-pipelines.ts'

/** Plans that one pass looks at. */
const most = 100
const page = 500

/** Removes a plan unless it was used since. KEYS: plans, plan. ARGV: hash, time of the last use as it was read. */
const removeScript = `
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('UNLINK', KEYS[2])`

/**
 * Removes stored plans that no run has been made of for `unused` ms, no run that is kept follows and no worker has published. A client that still
 * thinks such a plan stored is told so by `submit`, and stores it again.
 *
 * @returns the hashes of the removed plans
 */
export async function sweepPlans(
  redis: Redis,
  prefix: string,
  unused: number,
): Promise<readonly string[]> {
  const plans = keys.plans(prefix)
  const now = await redisTime(redis)
  const before = String(now - unused)
  const flat = await redis.zrange(plans, '-inf', before, 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES')
  if (flat.length === 0) return []
  const followed = await followedPlans(redis, prefix)
  const removed: string[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [hash = '', usedAt = ''] = flat.slice(at, at + 2)
    // oxlint-disable-next-line no-await-in-loop -- a few, once a day
    if (followed.has(hash)) await redis.zadd(plans, 'XX', now, hash)
    else {
      const names = [plans, keys.plan(prefix, hash)]
      // oxlint-disable-next-line no-await-in-loop
      if ((await redis.eval(removeScript, 2, ...names, hash, usedAt)) === 1) removed.push(hash)
    }
  }
  return removed
}

/** Hashes of the plans of all runs that are kept, and of those that are enqueued by name. */
async function followedPlans(redis: Redis, prefix: string): Promise<ReadonlySet<string>> {
  const followed = new Set(await publishedPlans(redis, prefix))
  // Ended ones last: a run that ends in between is in one of them.
  const runs = [
    ...(await redis.zrange(keys.activeRuns(prefix), '0', '-1')),
    ...(await redis.zrange(keys.finishedRuns(prefix), '0', '-1')),
  ]
  for (let first = 0; first < runs.length; first += page) {
    const part = runs.slice(first, first + page)
    // oxlint-disable-next-line no-await-in-loop -- pages bound what Redis is asked at once
    const hashes = await Promise.all(
      part.map(async (id) => redis.hget(keys.run(prefix, id), 'plan')),
    )
    for (const hash of hashes) if (hash !== null) followed.add(hash)
  }
  return followed
}
