import { DatasetError, slice, type Pipeline, type SliceOptions } from '@pipewright/engine'
import {
  catalogAccess,
  checkInputs,
  compile,
  DatasetStore,
  openProjectStorage,
  parseParamArguments,
  resolveParams,
  type CompiledPlan,
} from '@pipewright/engine/internal'

import { keyValues } from '../options/key-values.ts'
import type { RunOptions } from '../options/run-options.ts'
import { splitParams } from '../options/split-params.ts'
import { originOf } from '../services/run-origin.ts'
import { checkParamLengths } from './check-param-lengths.ts'
import { findPipeline } from './find-pipeline.ts'
import { openProject, type OpenedProject } from './open-project.ts'

/** A run that was found good before anything was started or written. */
export interface PreparedRun {
  readonly opened: OpenedProject
  /** The pipeline, or the part of it that was asked for. */
  readonly pipeline: Pipeline
  readonly compiled: CompiledPlan
  /** For `enqueue`. */
  readonly submission: {
    readonly params: Readonly<Record<string, unknown>>
    readonly configured: Readonly<Record<string, unknown>>
    readonly tags: Readonly<Record<string, string>>
    readonly env: string
    readonly retention: { readonly succeeded: number; readonly failed: number }
    readonly key?: string
  }
}

/**
 * Checks all that can be checked of a run without Redis: the pipeline, its slice, params, configuration, and that the
 * files of its free inputs are there.
 *
 * @throws UsageError, ConfigError, PipelineError, DatasetError `DATASET_NOT_FOUND`
 */
export async function prepareRun(
  name: string,
  options: RunOptions & { readonly env?: string },
): Promise<PreparedRun> {
  const params = parseParamArguments(splitParams(options.params ?? []))
  const tags = keyValues('--tag', '=', options.tag ?? [])
  const opened = await openProject({ env: options.env, runtimeParams: params })
  const { config } = opened
  const pipeline = sliced(findPipeline(opened, name), options)
  const origin = originOf(opened.root)
  const compiled = compile(pipeline)
  const configured = config.parameters.nested
  const resolved = resolveParams(pipeline, params, { configured })
  await checkParamLengths(opened, pipeline, resolved)
  checkInputs(compiled, Object.keys(config.catalog))
  await checkFiles(opened, compiled)
  const { key, priority, concurrencyKey, delay } = options
  return {
    opened,
    pipeline,
    compiled,
    submission: {
      params,
      configured,
      tags: { ...(await origin), ...tags },
      env: config.env,
      retention: config.pipewright.retention,
      ...(key !== undefined && { key }),
      ...(priority !== undefined && { priority }),
      ...(concurrencyKey !== undefined && { concurrencyKey }),
      ...(delay !== undefined && { delay }),
    },
  }
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

async function checkFiles({ config, root }: OpenedProject, { plan }: CompiledPlan): Promise<void> {
  const store = datasetStore({ config, root })
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
  root,
}: Pick<OpenedProject, 'config' | 'root'>): DatasetStore {
  const storage = openProjectStorage(config)
  return new DatasetStore({
    catalog: config.catalog,
    root,
    storage,
    access: catalogAccess(config),
  })
}
