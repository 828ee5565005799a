import { keys, readPlan, RunInputs, type Plan } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { KnownRun } from './run-cache.ts'

/** JSON of params by name. */
const Params: z.ZodType<Record<string, unknown>> = z.record(z.string(), z.unknown())

/** Plans kept: usually few pipelines make many runs, but nothing keeps a service from compiling a new one for each. */
const limit = 200

/** Reads runs for a worker; the plans that were used last are kept. */
export function runReader(
  redis: Redis,
  prefix: string,
): (run: string) => Promise<KnownRun | undefined> {
  const plans = new Map<string, Promise<Plan>>()
  return async (run) => {
    const [pipeline, planHash, params, given, runtimeParams, resumes, reuse, age] =
      await redis.hmget(
        keys.run(prefix, run),
        'pipeline',
        'plan',
        'params',
        'inputs',
        'runtimeParams',
        'resumes',
        'reuse',
        'reuseFor',
      )
    if (pipeline == null || planHash == null) return undefined
    const plan = plans.get(planHash) ?? readPlan(redis, prefix, planHash)
    plans.delete(planHash)
    plans.set(planHash, plan)
    plan.catch(() => plans.delete(planHash))
    const oldest = plans.keys().next()
    if (plans.size > limit && oldest.value !== undefined) plans.delete(oldest.value)
    return {
      id: run,
      pipeline,
      planHash,
      plan: await plan,
      params: Params.parse(JSON.parse(params ?? '{}')),
      ...(given == null ? {} : { given: RunInputs.parse(JSON.parse(given)) }),
      ...(runtimeParams == null ? {} : { runtimeParams: Params.parse(JSON.parse(runtimeParams)) }),
      ...(resumes == null ? {} : { resumes }),
      ...(reuse == null ? {} : { reuse: true }),
      ...(age == null ? {} : { reuseFor: Number(age) }),
    }
  }
}
