import { setTimeout as delay } from 'node:timers/promises'

import type { Client, Run } from '@pipewright/engine/client'

const pause = 250
/** Runs that are asked for at a time. */
const page = 100

/**
 * The slots of a backfill with their runs, as those end, until the schedule has none of a backfill left or the signal is
 * aborted. Slots that had their run before come first; those that cannot have one are left out.
 */
export async function* followSlots(
  client: Client,
  schedule: string,
  slots: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<readonly [slot: string, run: Run]> {
  const wanted = new Set(slots)
  const seen = new Set<string>()
  for (;;) {
    // Before the runs: what had ended by then is among them.
    const isOver = await isWorkedOff(client, schedule)
    for (const run of await newlyEnded(client, schedule, seen)) {
      seen.add(run.id)
      const slot = run.tags['pipewright.slot'] ?? ''
      if (wanted.has(slot)) yield [slot, run]
    }
    if (isOver || signal.aborted) return
    await delay(pause, undefined, { signal }).catch(() => undefined)
  }
}

async function isWorkedOff(client: Client, schedule: string): Promise<boolean> {
  const found = (await client.schedules.list()).find(({ name }) => name === schedule)
  return found === undefined || found.backfill.running + found.backfill.waiting === 0
}

/** Runs that have ended since they were asked for last, in the order of their ends. */
async function newlyEnded(
  client: Client,
  schedule: string,
  seen: ReadonlySet<string>,
): Promise<readonly Run[]> {
  const runs: Run[] = []
  let cursor: string | undefined
  do {
    const found = await client.runs.list(
      {
        tags: { 'pipewright.schedule': schedule },
        status: ['succeeded', 'failed', 'cancelled'],
        limit: page,
      },
      cursor,
    )
    runs.push(...found.runs.filter(({ id }) => !seen.has(id)))
    // The latest end comes first: whatever ended before one that was seen was seen as well.
    cursor = found.runs.some(({ id }) => seen.has(id)) ? undefined : found.cursor
  } while (cursor !== undefined)
  return runs.toReversed()
}
