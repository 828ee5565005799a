import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { Storage } from '../catalog/storage.ts'
import { leaveProbe, removeProbe, seesProbe } from '../catalog/store-proof.ts'
import { InfrastructureError } from '../errors.ts'
import * as keys from './keys.ts'
import { readWorkers, redisTime } from './presence.ts'

/** The store that the workers of a ledger share, and who saw it last. */
export interface StoreRecord {
  /** Of the store. */
  readonly id: string
  /** Of the probe that lies in it. */
  readonly token: string
  /** As that worker reaches it. */
  readonly url: string
  readonly worker: string
  readonly host: string
  /** Ms since 1970, by the clock of Redis. */
  readonly at: number
}

export const StoreRecord: z.ZodType<StoreRecord> = z.object({
  id: z.string(),
  token: z.string(),
  url: z.string(),
  worker: z.string(),
  host: z.string(),
  at: z.number(),
})

/** Milliseconds for which a probe proves something to those who start together; an older one is replaced. */
const fresh = 60_000
/** Looks when others prove the same at the same moments. */
const mostLooks = 20

/** Who wants to know whether it shares the store, and which store it has. */
export interface StoreUser {
  readonly storage: Storage
  readonly worker: string
  readonly host: string
}

/**
 * Proves that a worker has the store that the others have: it sees the probe that one of them left there last, and leaves
 * one of its own. The first worker of a ledger says which store that is; so does the first one after all that knew the old
 * one are gone, when no run is under way whose data might lie there.
 *
 * @returns the id of the store
 * @throws InfrastructureError `STORE_NOT_SHARED`, `STORAGE_FAILED`
 */
export async function shareStore(redis: Redis, prefix: string, user: StoreUser): Promise<string> {
  for (let look = 1; ; look += 1) {
    const { text, seen, missed } = await lookFor(redis, prefix, user.storage)
    const now = await redisTime(redis)
    if (seen !== undefined && now - seen.at < fresh) return seen.id
    if (missed === undefined || (await isAbandoned(redis, prefix, missed))) {
      const id = seen?.id ?? randomUUID()
      if (await replace(redis, prefix, user, { text, id, now })) {
        if (seen !== undefined) await removeProbe(user.storage, seen)
        return id
      }
    } else if (look >= mostLooks || (await redis.get(keys.store(prefix))) === text) {
      // No other worker has replaced the probe in between.
      throw notShared(user, missed)
    }
    await delay(5 * look)
  }
}

/** Leaves a probe and says so. False when another worker has done so since the record was read. */
async function replace(
  redis: Redis,
  prefix: string,
  { storage, worker, host }: StoreUser,
  { text, id, now }: { readonly text: string | null; readonly id: string; readonly now: number },
): Promise<boolean> {
  const probe = { id, token: randomUUID() }
  await leaveProbe(storage, probe)
  const record: StoreRecord = { ...probe, url: storage.url, worker, host, at: now }
  const given = [text ?? '', JSON.stringify(record)]
  if ((await redis.eval(replaceScript, 1, keys.store(prefix), ...given)) === 1) return true
  await removeProbe(storage, probe)
  return false
}

/** The store that workers share, and whether it is this one; undefined when no worker has said which it is. */
export async function lookAtStore(
  redis: Redis,
  prefix: string,
  storage: Storage,
): Promise<{ readonly record: StoreRecord; readonly sees: boolean } | undefined> {
  for (let look = 1; ; look += 1) {
    const { text, seen, missed } = await lookFor(redis, prefix, storage)
    if (seen !== undefined) return { record: seen, sees: true }
    if (missed === undefined) return undefined
    if (look >= mostLooks || (await redis.get(keys.store(prefix))) === text)
      return { record: missed, sees: false }
  }
}

/** Reads the record, and looks for its probe: it is seen, or missed. */
async function lookFor(
  redis: Redis,
  prefix: string,
  storage: Storage,
): Promise<{
  readonly text: string | null
  readonly seen?: StoreRecord
  readonly missed?: StoreRecord
}> {
  const text = await redis.get(keys.store(prefix))
  const known = text === null ? undefined : parse(text)
  if (known === undefined) return { text }
  return (await seesProbe(storage, known)) ? { text, seen: known } : { text, missed: known }
}

/** Replaces the record unless another worker has. */
const replaceScript = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`

/** What cannot be read was written by a version of the future, or by an operator: it names no store that could be seen. */
function parse(text: string): StoreRecord | undefined {
  try {
    return StoreRecord.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Whether nobody needs a store any more: no living worker has it, and no run is under way. */
async function isAbandoned(redis: Redis, prefix: string, { id }: StoreRecord): Promise<boolean> {
  if ((await redis.zcard(keys.activeRuns(prefix))) > 0) return false
  const { workers } = await readWorkers(redis, prefix)
  return !workers.some(({ lost, store }) => !lost && store === id)
}

function notShared({ storage, worker, host }: StoreUser, known: StoreRecord): InfrastructureError {
  return new InfrastructureError(
    'STORE_NOT_SHARED',
    `Worker "${worker}" on host ${host} has the store ${storage.url}, and it is not the one of the other workers: ` +
      `what worker "${known.worker}" on host ${known.host} left in ${known.url} is not there.`,
    {
      hint: 'Let store.url of pipewright.yml name a place that all workers reach, such as a mounted folder. A store that is gone for good is given up once no run is under way.',
    },
  )
}
