import type { Redis } from 'ioredis'
import * as z from 'zod'

import * as keys from './keys.ts'
import { streamGroups } from './outbox-reply.ts'

const page = 500

const Letter = z.object({ entry: z.string() })
const Entry = z.object({ run: z.string() })

/** Dead letters of runs: those of each consumer group, as they are stored. */
export async function deadLettersOf(
  redis: Redis,
  prefix: string,
  runs: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>()
  for (const group of await groups(redis, prefix)) {
    const list = keys.deadLetters(prefix, group)
    const letters: string[] = []
    for (let from = 0; ; from += page) {
      // oxlint-disable-next-line no-await-in-loop -- pages bound what Redis is asked at once
      const texts = await redis.lrange(list, from, from + page - 1)
      letters.push(...texts.filter((text) => runs.has(runOf(text) ?? '')))
      if (texts.length < page) break
    }
    if (letters.length > 0) found.set(list, letters)
  }
  return found
}

/** Removes dead letters; returns how many. */
export async function removeDeadLetters(
  redis: Redis,
  letters: ReadonlyMap<string, readonly string[]>,
): Promise<number> {
  let removed = 0
  for (const [list, texts] of letters)
    for (const text of texts)
      // oxlint-disable-next-line no-await-in-loop -- each looks through a list
      removed += await redis.lrem(list, 1, text)
  return removed
}

/** Groups that may have dead letters; `mlflow` also where the stream is gone. */
async function groups(redis: Redis, prefix: string): Promise<ReadonlySet<string>> {
  const names = new Set(['mlflow'])
  const outbox = keys.outbox(prefix)
  if ((await redis.exists(outbox)) === 0) return names
  for (const { name } of streamGroups(await redis.xinfo('GROUPS', outbox))) names.add(name)
  return names
}

function runOf(letter: string): string | undefined {
  try {
    return Entry.parse(JSON.parse(Letter.parse(JSON.parse(letter)).entry)).run
  } catch {
    // not an event of any run
    return undefined
  }
}
