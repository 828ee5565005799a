import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { Redis } from 'ioredis'

import { startRedis } from '../../support/redis.ts'
import { Driver } from './driver.ts'
import { scenario, type Scenario, type Step } from './scenario.ts'
import { play } from './sequence.ts'

/** A Redis that keeps nothing, and what calls the ledger's scripts on it. */
export interface Ground {
  readonly driver: Driver
  readonly redis: Redis
  close(): Promise<void>
}

export async function openGround(): Promise<Ground> {
  const directory = await mkdtemp(join(tmpdir(), 'pipewright-model-'))
  // Commands are many and small: a socket of this machine costs half of what a connection over the network does.
  const path = join(directory, 'redis')
  const server = await startRedis(['--appendonly', 'no', '--unixsocket', path])
  const redis = new Redis({ path })
  return {
    driver: new Driver(redis),
    redis,
    async close() {
      redis.disconnect()
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What a search found. */
export interface Found {
  /** Sequences that were played, those of the shortening left out. */
  readonly sequences: number
  /** The first violation, with a short sequence that shows it. Undefined when there is none. */
  readonly violation: string | undefined
}

/**
 * Plays random sequences until one shows that ledger and model differ.
 *
 * @param shortens False to be told as soon as there is one, however long.
 */
export async function search(
  { driver, redis }: Ground,
  options: { readonly seed: number; readonly runs: number; readonly shortens: boolean },
): Promise<Found> {
  let failing: Scenario | undefined
  const property = fc.asyncProperty(scenario, async (each) => {
    failing = each
    await play(driver, redis, each)
  })
  // The library shortens numbers and graphs too, step by step: minutes for what is a second by leaving steps out.
  const { seed, runs: numRuns } = options
  const details = await fc.check(property, { seed, numRuns, endOnFailure: true })
  const sequences = details.numRuns
  if (!details.failed || failing === undefined) return { sequences, violation: undefined }
  const problem = async (each: Scenario): Promise<string | undefined> => {
    try {
      await play(driver, redis, each)
      return undefined
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
  }
  const short = options.shortens ? await shorten(failing, problem) : failing
  const { errorInstance } = details
  const text = (await problem(short)) ?? String(errorInstance)
  return {
    sequences,
    violation: `${text}\nseed ${seed}, sequence ${sequences}\n${JSON.stringify(short)}`,
  }
}

/** Leaves out steps as long as there is a violation without them. */
async function shorten(
  failing: Scenario,
  problem: (each: Scenario) => Promise<string | undefined>,
): Promise<Scenario> {
  let { steps } = failing
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = steps.length - size; at >= 0; at -= size) {
      const fewer: readonly Step[] = steps.toSpliced(at, size)
      if ((await problem({ ...failing, steps: fewer })) !== undefined) steps = fewer
    }
  }
  return { ...failing, steps }
}
