import type { Redis } from 'ioredis'
import * as z from 'zod'

import { canonicalJson } from '../plan/canonical-json.ts'
import type { ParamDescription } from '../plan/describe-params.ts'
import type { PipelineParam } from '../plan/pipeline-params.ts'
import { resolveParamsOf } from '../plan/resolve-params.ts'
import {
  parsePublished,
  readPublishedText,
  type PublishedPipeline,
} from '../redis/published-pipelines.ts'
import { storedRuntimeParams, type EnqueueOptions, type Order } from './order.ts'
import { storedInputs } from './run-inputs.ts'

/** A published pipeline with its schemas read. */
interface Named {
  readonly text: string
  readonly record: PublishedPipeline
  readonly params: ReadonlyMap<string, PipelineParam>
  readonly defaults: Readonly<Record<string, unknown>>
}

/** Orders pipelines by the names under which workers published them. What was read is kept while it is what is published. */
export class NamedPipelines {
  readonly #known = new Map<string, Named>()

  /**
   * The order of a published pipeline. Its record is read each time, so that a new publication counts at once.
   *
   * @throws UsageError `UNKNOWN_PIPELINE`, `UNKNOWN_PARAM`, `INVALID_PARAM`, `MISSING_PARAM`, `UNKNOWN_DATASET`,
   * `INVALID_RUN_INPUT`; InfrastructureError
   * `PIPELINE_UNREADABLE`
   */
  async order(
    redis: Redis,
    prefix: string,
    name: string,
    given: Pick<EnqueueOptions, 'params' | 'inputs' | 'runtimeParams'>,
  ): Promise<Order> {
    const text = await readPublishedText(redis, prefix, name)
    let named = this.#known.get(name)
    if (named?.text !== text) {
      named = read(name, text)
      this.#known.set(name, named)
    }
    const { record, params, defaults } = named
    const { tags, limits, plan, queues, env } = record
    return {
      pipeline: { name, tags, ...(limits === undefined ? {} : { concurrency: limits }) },
      plan,
      queues,
      params: canonicalJson(
        resolveParamsOf(name, params, given.params ?? {}, { configured: defaults }),
      ),
      inputs: storedInputs(name, given.inputs, record.inputs),
      runtimeParams: storedRuntimeParams(given.runtimeParams),
      env,
      compiled: undefined,
    }
  }
}

function read(name: string, text: string): Named {
  const record = parsePublished(name, text)
  const defaults = record.params.flatMap((param) =>
    param.default === undefined ? [] : [[param.name, param.default] as const],
  )
  return {
    text,
    record,
    params: new Map(record.params.map((param) => [param.name, schemaOf(param)])),
    defaults: Object.fromEntries(defaults),
  }
}

function schemaOf({ name, nodes, schema, optional }: ParamDescription): PipelineParam {
  const taken = z.fromJSONSchema(schema)
  // An empty schema takes a param that is not given, too.
  return { name, nodes, schema: optional === true ? taken.optional() : z.nonoptional(taken) }
}
