import type { Redis } from 'ioredis'

import { readCodes } from '../../redis/code-store.ts'
import { readPlan } from '../../redis/plan-store.ts'
import { readKnownRun, readNodeRuns } from '../run-reader.ts'
import type { RecordedRun } from './recorded-node.ts'

/** Reads what the ledger keeps of a run. @throws InfrastructureError `RUN_NOT_FOUND`, `PLAN_MISSING` */
export async function readRecorded(redis: Redis, prefix: string, id: string): Promise<RecordedRun> {
  const run = await readKnownRun(redis, prefix, id)
  const plan = await readPlan(redis, prefix, run.plan)
  const nodes = await readNodeRuns(redis, prefix, id, plan)
  const known = nodes.flatMap(({ record }) => record?.code ?? [])
  return { run, plan, nodes, codes: await readCodes(redis, prefix, known) }
}
