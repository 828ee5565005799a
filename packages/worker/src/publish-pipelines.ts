import type { Pipeline, PipewrightError } from '@pipewright/engine'
import {
  compile,
  describeParams,
  publishPipeline,
  queuesOf,
  type CompiledPlan,
} from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import type { WorkerLog } from './log.ts'

/** What a worker publishes, so that services enqueue its pipelines by their names. */
export interface Publications {
  readonly pipelines: readonly Pipeline[]
  /** Content of `parameters.yml`: the defaults that services see. */
  readonly configured: Readonly<Record<string, unknown>>
  /** Name of the configuration environment. */
  readonly env: string
}

interface Prepared {
  readonly compiled: CompiledPlan
  readonly record: Parameters<typeof publishPipeline>[3]
}

/**
 * Publishes the pipelines of a project, and again what is gone after Redis was away: one that came back empty knows none.
 * A pipeline that does not compile is left out, with a warning.
 */
export async function publishPipelines(
  { redis, prefix, name, log }: { redis: Redis; prefix: string; name: string; log: WorkerLog },
  publications: Publications,
): Promise<void> {
  const prepared = publications.pipelines.flatMap((pipeline) => {
    try {
      return [prepare(pipeline, publications, name, log)]
    } catch (error) {
      // Definitions throw nothing else on purpose, and what else they throw says as well what is wrong.
      const { message } = error as PipewrightError
      log.warn({ pipeline: pipeline.name, problem: message }, 'The pipeline is not published.')
      return []
    }
  })
  const publish = async (onlyAbsent: boolean): Promise<void> => {
    for (const { compiled, record } of prepared)
      // oxlint-disable-next-line no-await-in-loop -- one plan after the other, so that Redis serves others in between
      await publishPipeline(redis, prefix, compiled, record, { onlyAbsent })
  }
  await publish(false)
  redis.on('ready', () => {
    publish(true).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'Pipelines could not be published again.')
    })
  })
}

function prepare(
  pipeline: Pipeline,
  { configured, env }: Publications,
  publisher: string,
  log: WorkerLog,
): Prepared {
  const compiled = compile(pipeline)
  const { plan } = compiled
  const { params, refused } = describeParams(pipeline, configured)
  for (const { name, reason } of refused)
    log.warn(
      { pipeline: pipeline.name, param: name, reason },
      'A value of parameters.yml is refused.',
    )
  return {
    compiled,
    record: {
      name: pipeline.name,
      params,
      ...(pipeline.concurrency === undefined ? {} : { limits: pipeline.concurrency }),
      tags: pipeline.tags,
      inputs: plan.inputs,
      outputs: plan.outputs,
      queues: queuesOf(plan),
      nodes: plan.nodes.length,
      env,
      publisher,
    },
  }
}
