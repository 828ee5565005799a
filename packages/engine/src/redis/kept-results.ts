import type { Redis } from 'ioredis'
import { pack } from 'msgpackr'

import type { NodeFinished } from '../run/event.ts'
import * as keys from './keys.ts'
import { keptDetails, type KeptOutput } from './settlement.ts'

/** A result of an earlier run that a resumed run takes over. */
export interface KeptResult {
  readonly index: number
  /** As the resumed run is to have it: its own id, status `reused`, and the origin. */
  readonly record: NodeFinished
  readonly outputs: readonly KeptOutput[]
  /** Of a branch: dependents that it has not chosen. */
  readonly declined?: readonly number[] | undefined
}

/** Results in one command. */
const page = 200
/** Seconds that they wait for the run to be submitted. */
const patience = 86_400

/**
 * Writes what a resumed run takes over, before the run is submitted with the header's field `resumes`. A node of which there is
 * a result here is not run: it ends with that when it would be released. What is written for a run that never comes is gone
 * after a day.
 */
export async function keepResults(
  redis: Redis,
  prefix: string,
  run: string,
  results: readonly KeptResult[],
): Promise<void> {
  const key = keys.kept(prefix, run)
  for (let first = 0; first < results.length; first += page) {
    const part = results.slice(first, first + page).flatMap(({ index, record, ...rest }) => {
      const text = pack([JSON.stringify(record), keptDetails(rest), rest.declined ?? []])
      return [index, text]
    })
    // oxlint-disable-next-line no-await-in-loop -- pages hold Redis for a short time each
    await redis.hset(key, ...part)
  }
  if (results.length > 0) await redis.expire(key, patience)
}
