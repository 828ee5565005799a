import type { Pipeline } from '../definition/pipeline.ts'
import { PipelineError, UsageError } from '../errors.ts'
import type { Json } from './json-form.ts'
import { paramValues } from './param-values.ts'
import { pipelineParams, type PipelineParam } from './pipeline-params.ts'
import { storedParam } from './stored-param.ts'

/** Options of `resolveParams`. */
export interface ResolveParamsOptions {
  /**
   * Content of `parameters.yml`: it fills in what is not given. Keys that this pipeline does not know are ignored, for
   * the file serves all pipelines of a project. Default: none.
   */
  readonly configured?: Readonly<Record<string, unknown>>
}

/** Every param of a run by the name by which users set it, as JSON. Optional params that are not set are absent. */
export type ResolvedParams = Readonly<Record<string, Json>>

/**
 * Resolves all params of a run: what is given, else what is configured, else the schema's default. The result is JSON
 * that every worker parses again with the same schemas, so a transform is applied once, and a later change of a default
 * does not reach a run that is under way.
 *
 * @param given From the command line or `enqueue`: flat names (`'train.epochs'`, `seed`) or nested objects. Unknown names
 * are refused.
 * @throws UsageError `UNKNOWN_PARAM`, `INVALID_PARAM`, `MISSING_PARAM`; PipelineError `PARAM_CONFLICT`,
 * `PARAM_DEFAULT_NOT_JSON`
 */
export function resolveParams(
  pipeline: Pipeline,
  given: Readonly<Record<string, unknown>>,
  options: ResolveParamsOptions = {},
): ResolvedParams {
  return resolveParamsOf(pipeline.name, pipelineParams(pipeline), given, options)
}

/**
 * The same for params that are known without their pipeline's code.
 *
 * @param pipeline Its name, for messages.
 * @throws UsageError and PipelineError as `resolveParams`
 */
export function resolveParamsOf(
  pipeline: string,
  params: ReadonlyMap<string, PipelineParam>,
  given: Readonly<Record<string, unknown>>,
  options: ResolveParamsOptions = {},
): ResolvedParams {
  const known = new Set(params.keys())
  const configured = paramValues(pipeline, options.configured ?? {}, known, 'ignore')
  const wanted = paramValues(pipeline, given, known, 'refuse')
  const resolved: [string, Json][] = []
  for (const param of params.values()) {
    const value = wanted.has(param.name) ? wanted.get(param.name) : configured.get(param.name)
    const stored = storedParam(param.schema, value)
    if (stored.kind === 'kept') resolved.push([param.name, deepFreeze(stored.value)])
    else if (stored.kind === 'unkeepable') throw unkeepable(pipeline, param)
    else if (stored.kind === 'refused') throw refused(pipeline, param, value, stored)
  }
  return Object.freeze(Object.fromEntries(resolved))
}

function refused(
  pipeline: string,
  param: PipelineParam,
  value: unknown,
  { reason, cause }: { readonly reason: string; readonly cause?: unknown },
): UsageError {
  const where = `Param "${param.name}" of ${usersOf(param)}`
  if (value === undefined) {
    return new UsageError('MISSING_PARAM', `${where} has no default and is not set.`, {
      hint: `Give --params ${param.name}=… (or params of enqueue), or set it in parameters.yml of pipeline "${pipeline}".`,
      cause,
    })
  }
  return new UsageError('INVALID_PARAM', `${where} is refused: ${reason}; got ${shown(value)}.`, {
    hint:
      typeof value === 'string'
        ? 'Correct the value in --params, enqueue or parameters.yml.'
        : `Correct the value in --params, enqueue or parameters.yml. For text that looks like another type, quote it: --params '${param.name}="…"'.`,
    cause,
  })
}

function unkeepable(pipeline: string, param: PipelineParam): PipelineError {
  return new PipelineError(
    'PARAM_DEFAULT_NOT_JSON',
    `Pipeline "${pipeline}": the default of param "${param.name}" of ${usersOf(param)} cannot be kept as JSON and parsed again to the same value.`,
    {
      hint: 'Put the default before the transform, as .prefault(value) or z.string().default(value).transform(…).',
    },
  )
}

function usersOf({ nodes }: PipelineParam): string {
  const [first, ...others] = nodes
  return others.length === 0 ? `node "${first}"` : `node "${first}" and ${others.length} more`
}

/** A value in a message: JSON, cut at 100 characters. */
function shown(value: unknown): string {
  let text: string
  try {
    text = JSON.stringify(value) ?? String(value)
  } catch {
    text = String(value)
  }
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function deepFreeze(value: Json): Json {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values<Json>(value)) deepFreeze(member)
    Object.freeze(value)
  }
  return value
}
