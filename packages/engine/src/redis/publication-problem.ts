import type { Redis } from 'ioredis'
import * as z from 'zod'

import * as keys from './keys.ts'

/** Milliseconds that a problem is remembered: tries follow each other within seconds. */
const remembered = 600_000

/** Why a publication could not be made when it was last tried. */
export interface PublicationProblem {
  /** Catalog path. */
  readonly path: string
  readonly problem: string
  /** Time of the try. */
  readonly at: number
}

export const PublicationProblem: z.ZodType<PublicationProblem> = z.object({
  path: z.string(),
  problem: z.string(),
  at: z.number(),
})

/** Remembers why a publication could not be made, for those who ask why its run does not end. */
export async function notePublicationProblem(
  redis: Redis,
  prefix: string,
  member: string,
  problem: PublicationProblem,
): Promise<void> {
  const key = keys.publicationProblem(prefix, member)
  await redis.set(key, JSON.stringify(problem), 'PX', remembered)
}
