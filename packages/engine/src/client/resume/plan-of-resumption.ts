import type { Redis } from 'ioredis'

import type { KeptState } from '../../catalog/kept-state.ts'
import { planResume, type EarlierNode, type ResumeFacts } from '../../plan/resume-plan.ts'
import type { NodeResumption } from '../../plan/resume-reason.ts'
import type { DatasetReference } from '../../run/dataset-reference.ts'
import { readRecorded } from '../diff/read-recorded.ts'
import { earlierNodes, readMade } from './earlier-nodes.ts'

/** What is known of the project of now. */
export type ResumeFactsOfNow = Omit<ResumeFacts, 'earlier'>

/** Whether what a commit recorded is still there as it was written. */
export type KeptCheck = (reference: DatasetReference) => Promise<KeptState>

/** Reads an earlier run and decides for each node of a new one. @throws InfrastructureError `RUN_NOT_FOUND`, `PLAN_MISSING` */
export async function planOfResumption(
  where: { readonly redis: Redis; readonly prefix: string },
  run: string,
  facts: ResumeFactsOfNow,
  check: KeptCheck,
): Promise<readonly NodeResumption[]> {
  const { redis, prefix } = where
  const earlier = new Map(earlierNodes(await readRecorded(redis, prefix, run)))
  for (const [name, node] of earlier) {
    // oxlint-disable-next-line no-await-in-loop -- one node after the other: its outputs may be large
    const lost = await lostOf(await readMade(redis, prefix, run, [...node.made.keys()]), check)
    earlier.set(name, { ...node, lost })
  }
  return planResume({ ...facts, earlier })
}

async function lostOf(
  made: readonly DatasetReference[],
  check: KeptCheck,
): Promise<NonNullable<EarlierNode['lost']>> {
  const lost = new Map<string, 'gone' | 'changed'>()
  for (const reference of made) {
    // oxlint-disable-next-line no-await-in-loop
    const state = await check(reference)
    if (state !== 'there') lost.set(reference.dataset, state)
  }
  return lost
}
