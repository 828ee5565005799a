import type { Redis } from 'ioredis'
import * as z from 'zod'

import type { PipelineConcurrency } from '../definition/concurrency.ts'
import { didYouMean } from '../definition/nearest.ts'
import { InfrastructureError, UsageError } from '../errors.ts'
import type { ParamDescription } from '../plan/describe-params.ts'
import type { Json } from '../plan/json-form.ts'
import type { CompiledPlan } from '../plan/plan.ts'
import * as keys from './keys.ts'
import { storePlan } from './plan-store.ts'
import { redisTime } from './presence.ts'

/** A pipeline as a worker published it: what is needed to enqueue it without its code. */
export interface PublishedPipeline {
  readonly version: 1
  readonly name: string
  /** Hash of its plan. */
  readonly plan: string
  readonly params: readonly ParamDescription[]
  /** How many runs of it go on at a time. Left out for any number. */
  readonly limits?: PipelineConcurrency | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Datasets that it reads from the catalog. */
  readonly inputs: readonly string[]
  /** Datasets that it makes and that none of its nodes reads. */
  readonly outputs: readonly string[]
  /** Names of the queues of its nodes, as admission knows them. */
  readonly queues: readonly string[]
  /** Number of nodes. */
  readonly nodes: number
  /** Name of the configuration environment of the worker that published it. */
  readonly env: string
  /** Name of that worker. */
  readonly publisher: string
  /** Ms since 1970, by the clock of Redis. */
  readonly publishedAt: number
}

// What `JSON.parse` gives is JSON.
const json = z.unknown().transform((value) => value as Json)

const limit = z.int().positive().optional()

export const PublishedPipeline: z.ZodType<PublishedPipeline> = z.object({
  version: z.literal(1),
  name: z.string(),
  plan: z.string(),
  params: z.array(
    z.object({
      name: z.string(),
      schema: z.record(z.string(), z.unknown()),
      default: json.optional(),
      optional: z.boolean().optional(),
      nodes: z.array(z.string()),
    }),
  ),
  limits: z
    .object({ runs: limit, perKey: limit })
    .transform(({ runs, perKey }) => ({
      ...(runs === undefined ? {} : { runs }),
      ...(perKey === undefined ? {} : { perKey }),
    }))
    .optional(),
  tags: z.record(z.string(), z.string()),
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  queues: z.array(z.string()).min(1),
  nodes: z.int(),
  env: z.string(),
  publisher: z.string(),
  publishedAt: z.number(),
})

/**
 * Publishes a pipeline under its name, in place of what was published under it before, and stores its plan.
 *
 * @param options.onlyAbsent Leaves what is there, whoever published it. Default false.
 * @throws InfrastructureError `PLAN_MISSING`
 */
export async function publishPipeline(
  redis: Redis,
  prefix: string,
  compiled: CompiledPlan,
  pipeline: Omit<PublishedPipeline, 'version' | 'plan' | 'publishedAt'>,
  { onlyAbsent = false }: { readonly onlyAbsent?: boolean } = {},
): Promise<void> {
  const key = keys.pipelines(prefix)
  if (onlyAbsent && (await redis.hexists(key, pipeline.name)) === 1) return
  await storePlan(redis, prefix, compiled)
  const publishedAt = await redisTime(redis)
  const { hash: plan } = compiled
  const record: PublishedPipeline = { version: 1, ...pipeline, plan, publishedAt }
  const text = JSON.stringify(record)
  if (onlyAbsent) await redis.hsetnx(key, pipeline.name, text)
  else await redis.hset(key, pipeline.name, text)
  // A sweep that did not see the record yet removes no plan that was just used; one that was before us, we make up for.
  await redis.zadd(keys.plans(prefix), publishedAt, plan)
  await storePlan(redis, prefix, compiled)
}

/** The record of a pipeline as text. @throws UsageError `UNKNOWN_PIPELINE` */
export async function readPublishedText(
  redis: Redis,
  prefix: string,
  name: string,
): Promise<string> {
  const key = keys.pipelines(prefix)
  const text = await redis.hget(key, name)
  if (text !== null) return text
  const known = await redis.hkeys(key)
  throw new UsageError('UNKNOWN_PIPELINE', `No worker has published a pipeline "${name}".`, {
    hint:
      known.length === 0
        ? 'Workers publish the pipelines of their project when they start: start one, or check that this is its Redis and prefix.'
        : didYouMean(name, known, 'pipelines'),
  })
}

/** @throws InfrastructureError `PIPELINE_UNREADABLE` */
export function parsePublished(name: string, text: string): PublishedPipeline {
  const parsed = PublishedPipeline.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new InfrastructureError(
    'PIPELINE_UNREADABLE',
    `What a worker published of pipeline "${name}" cannot be read${issue === undefined ? '' : `: ${issue.path.join('.')}: ${issue.message}`}.`,
    {
      hint: 'It was published by another version of Pipewright: bring this service and its workers to the same one.',
      cause: parsed.error,
    },
  )
}

/** All that are published, by name. Those that another version wrote and this one cannot read are left out. */
export async function readPublished(
  redis: Redis,
  prefix: string,
): Promise<readonly PublishedPipeline[]> {
  const texts = Object.values(await redis.hgetall(keys.pipelines(prefix)))
  return texts
    .flatMap((text) => PublishedPipeline.safeParse(parseJson(text)).data ?? [])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Hashes of the plans of all that are published, whatever else can be read of them. */
export async function publishedPlans(redis: Redis, prefix: string): Promise<readonly string[]> {
  const texts = await redis.hvals(keys.pipelines(prefix))
  return texts.flatMap((text) => WithPlan.safeParse(parseJson(text)).data?.plan ?? [])
}

const WithPlan = z.object({ plan: z.string() })

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
