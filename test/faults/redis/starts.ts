import { setTimeout as wait } from 'node:timers/promises'

import type { Effect } from '../checker/history.ts'
import type { FaultProject } from '../project.ts'

/** Bodies that were started after a body of the same node run had ended: no trouble of Redis alone is a reason for it. */
export function finishedAgain(effects: readonly Effect[]): number {
  const finished = new Set<string>()
  let again = 0
  for (const { run, node, what } of effects) {
    const key = `${run}/${node}`
    if (what === 'ended') finished.add(key)
    else if (what === 'started' && finished.has(key)) again += 1
  }
  return again
}

/** Milliseconds from a moment to the next start of a body; Infinity when none came within `limit`. */
export async function nextStart(
  project: Pick<FaultProject, 'effects'>,
  from: number,
  limit = 60_000,
): Promise<number> {
  const end = performance.now() + limit
  while (performance.now() < end) {
    const effects = await project.effects()
    const start = effects.find(({ what, at }) => what === 'started' && at >= from)
    if (start !== undefined) return start.at - from
    await wait(50)
  }
  return Infinity
}
