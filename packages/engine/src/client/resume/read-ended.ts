import type { Redis } from 'ioredis'

import { UsageError } from '../../errors.ts'
import type { Run } from '../../run/run.ts'
import { isTerminal } from '../../run/status.ts'
import { readKnownRun } from '../run-reader.ts'

/** Reads a run that is to be resumed. @throws UsageError `RUN_NOT_ENDED`; InfrastructureError `RUN_NOT_FOUND` */
export async function readEnded(redis: Redis, prefix: string, id: string): Promise<Run> {
  const run = await readKnownRun(redis, prefix, id)
  assertEnded(run)
  return run
}

/** @throws UsageError `RUN_NOT_ENDED` */
export function assertEnded({ id, status }: Pick<Run, 'id' | 'status'>): void {
  if (isTerminal(status)) return
  throw new UsageError('RUN_NOT_ENDED', `Run ${id} is ${status}: it has not ended yet.`, {
    hint: 'Wait for its end, or cancel it first: what it has committed by then is kept.',
  })
}
