import { DatasetError, slice, type Pipeline, type SliceOptions } from '@pipewright/engine'
import type { Run, RunInputs } from '@pipewright/engine/client'
import {
  catalogAccess,
  checkInputs,
  compile,
  DatasetStore,
  openProjectStorage,
  parseParamArguments,
  resolveParams,
  resumedParams,
  type CompiledPlan,
} from '@pipewright/engine/internal'

import { keyValues } from '../options/key-values.ts'
import { loadVersions } from '../options/load-versions.ts'
import type { RunOptions } from '../options/run-options.ts'
import { splitParams } from '../options/split-params.ts'
import { originOf } from '../services/run-origin.ts'
import { checkParamLengths } from './check-param-lengths.ts'
import { checkVersions } from './check-versions.ts'
import { findPipeline } from './find-pipeline.ts'
import { openProject, type OpenedProject } from './open-project.ts'
import { sortParams } from './sort-params.ts'

/** A run that was found good before anything was started or written. */
export interface PreparedRun {
  readonly opened: OpenedProject
  /** The pipeline, or the part of it that was asked for. */
  readonly pipeline: Pipeline
  readonly compiled: CompiledPlan
  /** All params of the run, by their names. */
  readonly params: Readonly<Record<string, unknown>>
  /** For `enqueue`. */
  readonly submission: {
    readonly params: Readonly<Record<string, unknown>>
    readonly configured: Readonly<Record<string, unknown>>
    readonly tags: Readonly<Record<string, string>>
    readonly env: string
    readonly retention: { readonly succeeded: number; readonly failed: number }
    readonly key?: string
    readonly inputs?: RunInputs
    readonly runtimeParams?: Readonly<Record<string, unknown>>
    readonly resumes?: string
    readonly reuse?: boolean
    readonly reuseFor?: number
  }
}

/**
 * Checks all that can be checked of a run without Redis: the pipeline, its slice, params, configuration, and that the
 * files of its free inputs are there.
 *
 * @param earlier The run that it goes on with. Default: none.
 * @throws UsageError, ConfigError, PipelineError, DatasetError `DATASET_NOT_FOUND`
 */
export async function prepareRun(
  name: string,
  options: RunOptions & { readonly env?: string },
  earlier?: { readonly run: Run; readonly sameParams: boolean },
): Promise<PreparedRun> {
  const now = parseParamArguments(splitParams(options.params ?? []))
  const given = earlier === undefined ? now : resumedParams(earlier.run, now, earlier.sameParams)
  const inputs = loadVersions(options.loadVersions)
  const tags = keyValues('--tag', '=', options.tag ?? [])
  const opened = await openProject({ env: options.env, runtimeParams: given })
  const { config, catalog } = opened
  const pipeline = sliced(findPipeline(opened, name), options)
  const origin = originOf(opened.root)
  const compiled = compile(pipeline)
  const configured = config.parameters.nested
  const { params, runtimeParams } = sortParams(pipeline, given, config.runtimeParams)
  const resolved = resolveParams(pipeline, params, { configured })
  await checkParamLengths(opened, pipeline, resolved)
  checkInputs(compiled, Object.keys(catalog))
  checkVersions(compiled, catalog, inputs)
  await checkFiles(opened, compiled, inputs)
  const { key, priority, concurrencyKey, delay } = options
  return {
    opened,
    pipeline,
    compiled,
    params: resolved,
    submission: {
      params,
      configured,
      tags: { ...(await origin), ...tags },
      env: config.env,
      retention: config.pipewright.retention,
      ...(key !== undefined && { key }),
      ...(Object.keys(inputs).length > 0 && { inputs }),
      ...(Object.keys(runtimeParams).length > 0 && { runtimeParams }),
      ...(priority !== undefined && { priority }),
      ...(concurrencyKey !== undefined && { concurrencyKey }),
      ...(delay !== undefined && { delay }),
      ...(earlier !== undefined && { resumes: earlier.run.id }),
      ...reuseOptions(options),
    },
  }
}

function reuseOptions({
  reuse,
  reuseFor,
}: RunOptions): Pick<PreparedRun['submission'], 'reuse' | 'reuseFor'> {
  return { ...(reuse === true && { reuse }), ...(reuseFor !== undefined && { reuseFor }) }
}

function sliced(pipeline: Pipeline, options: RunOptions): Pipeline {
  const { fromNodes, toNodes, nodes, tags, fromInputs, toOutputs } = options
  const filters: SliceOptions = {
    ...(fromNodes && { fromNodes }),
    ...(toNodes && { toNodes }),
    ...(nodes && { nodes }),
    ...(tags && { tags }),
    ...(fromInputs && { fromInputs }),
    ...(toOutputs && { toOutputs }),
  }
  return Object.keys(filters).length === 0 ? pipeline : slice(pipeline, filters)
}

async function checkFiles(
  opened: OpenedProject,
  { plan }: CompiledPlan,
  inputs: RunInputs,
): Promise<void> {
  const store = datasetStore(opened).withInputs(inputs)
  const [first, ...others] = await store.missing(plan.inputs)
  if (first === undefined) return
  const reader = plan.nodes.find((node) => Object.values(node.inputs).includes(first.dataset))
  const rest = others
    .slice(0, 5)
    .map(({ dataset, path }) => ` Missing too: '${dataset}' at ${path}.`)
  throw new DatasetError(
    'DATASET_NOT_FOUND',
    `Dataset '${first.dataset}', read by "${reader?.name}", has no file: ${first.path} is not there.${rest.join('')}`,
    { dataset: first.dataset, hint: 'Put the file there, or correct its filepath in catalog.yml.' },
  )
}

/** The datasets of a project: its catalog and its run store. */
export function datasetStore({
  config,
  catalog,
  root,
}: Pick<OpenedProject, 'config' | 'catalog' | 'root'>): DatasetStore {
  const storage = openProjectStorage(config)
  return new DatasetStore({ catalog, root, storage, access: catalogAccess(config) })
}
