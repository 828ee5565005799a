import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { ElementRecord } from '../run/element-record.ts'
import { parseElementText } from './element-text.ts'
import * as keys from './keys.ts'

/** How far a map is whose elements are known. */
export interface MapState {
  /** All of them. */
  readonly elements: number
  /** Those that have a record: ended here, or kept from the run that this one resumes. */
  readonly ended: number
  readonly failed: number
  /** Those before this number were released, or have a record. */
  readonly next: number
  /** Elements that are released and not ended, at most. */
  readonly window: number
  readonly mostFailed: number
  /** Whether observers are told of each element. */
  readonly told: boolean
  /** Too many have failed, or the run is being cancelled: what has not begun is not begun any more. */
  readonly stopped: boolean
  /** What whoever expanded it gave: see `Outcome`. */
  readonly source: string
  /** Number of the attempt that expanded it, and collects. */
  readonly attempt: number
  /** When that began, in ms since 1970. */
  readonly startedAt: number
}

const Fields = z.object({
  total: z.coerce.number(),
  next: z.coerce.number(),
  window: z.coerce.number(),
  most: z.coerce.number(),
  told: z.string(),
  stopped: z.string().optional(),
  source: z.string(),
  attempt: z.coerce.number(),
  startedAt: z.coerce.number(),
})

/** How far a map is; undefined when it is not expanded. */
export async function readMap(
  redis: Redis,
  prefix: string,
  run: string,
  index: number,
): Promise<MapState | undefined> {
  const [fields, ended, failed] = await Promise.all([
    redis.hgetall(keys.map(prefix, run, index)),
    redis.hlen(keys.elements(prefix, run, index)),
    redis.bitcount(keys.failedElements(prefix, run, index)),
  ])
  const known = Fields.safeParse(fields).data
  if (known === undefined) return undefined
  const { total, most, told, stopped, ...rest } = known
  const isStopped = stopped !== undefined
  return {
    ...rest,
    elements: total,
    mostFailed: most,
    told: told === '1',
    stopped: isStopped,
    ended,
    failed,
  }
}

/** Records of some elements of a map, a few hundred at a time, in their order; undefined for those that have not ended. */
export async function readElements(
  redis: Redis,
  prefix: string,
  run: string,
  index: number,
  elements: readonly number[],
): Promise<readonly (ElementRecord | undefined)[]> {
  if (elements.length === 0) return []
  const texts = await redis.hmget(keys.elements(prefix, run, index), ...elements.map(String))
  return texts.map((text) => (text === null ? undefined : parseElementText(text)))
}

/** Numbers of the failed elements of a map, ascending. */
export async function readFailedElements(
  redis: Redis,
  prefix: string,
  run: string,
  index: number,
): Promise<readonly number[]> {
  const bits = await redis.getBuffer(keys.failedElements(prefix, run, index))
  const failed: number[] = []
  for (const [at, byte] of (bits ?? Buffer.alloc(0)).entries())
    for (let bit = 0; bit < 8; bit += 1)
      if (((byte >> (7 - bit)) & 1) === 1) failed.push(at * 8 + bit)
  return failed
}
