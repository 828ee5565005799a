import * as z from 'zod'

import type { Pipeline } from '../definition/pipeline.ts'
import { PipelineError } from '../errors.ts'
import type { Json } from './json-form.ts'
import { paramValues } from './param-values.ts'
import { pipelineParams } from './pipeline-params.ts'
import { storedParam } from './stored-param.ts'

/** A param of a pipeline as one sees it who does not have the pipeline's code. */
export interface ParamDescription {
  /** The name by which users set it. */
  readonly name: string
  /** JSON Schema of what may be given. An empty one takes anything: its schema cannot be written as JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>
  /** What a run gets that does not set it. Left out where there is none. */
  readonly default?: Json | undefined
  /** True for a param that has no default and may be left out. */
  readonly optional?: boolean | undefined
  /** The nodes that use it. */
  readonly nodes: readonly string[]
}

/** Params of a pipeline without its code, and what is wrong with their configuration. */
export interface DescribedParams {
  readonly params: readonly ParamDescription[]
  /** Configured values that their schemas refuse: such a param counts as not configured. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[]
}

/**
 * Describes every param of a pipeline.
 *
 * @param configured Content of `parameters.yml`.
 * @throws PipelineError `PARAM_CONFLICT`, `PARAM_DEFAULT_NOT_JSON`
 */
export function describeParams(
  pipeline: Pipeline,
  configured: Readonly<Record<string, unknown>>,
): DescribedParams {
  const params = pipelineParams(pipeline)
  const values = paramValues(pipeline.name, configured, new Set(params.keys()), 'ignore')
  const refused: { name: string; reason: string }[] = []
  const described = [...params.values()].map(({ name, schema, nodes }) => {
    let stored = storedParam(schema, values.get(name))
    if (stored.kind === 'refused' && values.has(name)) {
      refused.push({ name, reason: stored.reason })
      stored = storedParam(schema, undefined)
    }
    if (stored.kind === 'unkeepable') throw unkeepable(pipeline.name, name)
    const fallback = stored.kind === 'kept' ? stored.value : undefined
    return {
      name,
      schema: jsonSchema(schema, fallback),
      default: fallback,
      optional: stored.kind === 'absent' ? true : undefined,
      nodes,
    }
  })
  return { params: described, refused }
}

/**
 * The JSON Schema of what a schema takes; an empty one when there is none that a reader could use.
 *
 * @param accepted A value that it must take: a schema that is stricter in JSON than in zod would refuse its own default.
 */
function jsonSchema(
  schema: z.ZodType,
  accepted: Json | undefined,
): Readonly<Record<string, unknown>> {
  try {
    const {
      $schema: _dialect,
      default: _default,
      ...written
    } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
    const read = z.fromJSONSchema(written)
    return accepted === undefined || read.safeParse(accepted).success ? written : {}
  } catch {
    return {}
  }
}

function unkeepable(pipeline: string, param: string): PipelineError {
  return new PipelineError(
    'PARAM_DEFAULT_NOT_JSON',
    `Pipeline "${pipeline}": the default of param "${param}" cannot be kept as JSON and parsed again to the same value.`,
    {
      hint: 'Put the default before the transform, as .prefault(value) or z.string().default(value).transform(…).',
    },
  )
}
