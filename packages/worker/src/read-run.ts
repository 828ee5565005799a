import { keys, readPlan, type Plan } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { KnownRun } from './run-cache.ts'

const Params: z.ZodType<Record<string, unknown>> = z.record(z.string(), z.unknown())

/** Reads runs for a worker; plans are kept for good, for few pipelines make many runs. */
export function runReader(
  redis: Redis,
  prefix: string,
): (run: string) => Promise<KnownRun | undefined> {
  const plans = new Map<string, Promise<Plan>>()
  return async (run) => {
    const [pipeline, planHash, params] = await redis.hmget(
      keys.run(prefix, run),
      'pipeline',
      'plan',
      'params',
    )
    if (pipeline == null || planHash == null) return undefined
    let plan = plans.get(planHash)
    if (plan === undefined) {
      plan = readPlan(redis, prefix, planHash)
      plans.set(planHash, plan)
      plan.catch(() => plans.delete(planHash))
    }
    return {
      id: run,
      pipeline,
      planHash,
      plan: await plan,
      params: Params.parse(JSON.parse(params ?? '{}')),
    }
  }
}
