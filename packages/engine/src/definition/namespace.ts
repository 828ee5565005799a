import { UsageError } from '../errors.ts'
import type { Dataset } from './dataset.ts'
import { assertName } from './name.ts'
import { didYouMean } from './nearest.ts'
import type { AnyNode, Choices, Datasets } from './node.ts'
import type { Pipeline } from './pipeline.ts'
import { datasetOf } from './variant.ts'

/** Datasets that keep their names, or what each is called outside. */
export type Kept = readonly (string | Dataset)[] | Readonly<Record<string, string | Dataset>>

/** Options of `namespace`. */
export interface NamespaceOptions {
  /**
   * Free inputs that do not get the prefix: a list keeps their names, a mapping renames them (`{ days: ukDays }`).
   * Default: none.
   */
  readonly inputs?: Kept
  /** Datasets made inside that do not get the prefix; as `inputs`. Default: none. */
  readonly outputs?: Kept
  /** Params that do not get the prefix: names, or a mapping to other names. Default: none. */
  readonly params?: readonly string[] | Readonly<Record<string, string>>
}

/**
 * A copy of a pipeline for reuse beside itself, as Kedro's modular pipelines: names of nodes, datasets and params get the
 * prefix `<name>.`, except those that are kept. Namespaces nest: `uk.north.train`.
 *
 * @throws PipelineError `INVALID_NAME`; UsageError `UNKNOWN_DATASET`, `UNKNOWN_PARAM` for a kept name that is not there
 *
 * @example
 * pipeline('countries', [
 *   namespace(training, 'uk', { inputs: { days: ukDays }, params: ['seed'] }),
 *   namespace(training, 'fr', { inputs: { days: frDays }, params: ['seed'] }),
 * ])
 */
export function namespace(
  pipeline: Pipeline,
  name: string,
  options: NamespaceOptions = {},
): Pipeline {
  assertName('namespace', name)
  const rename = renaming(pipeline, name, options)
  return Object.freeze({
    name: prefixed('pipeline', name, pipeline.name),
    nodes: Object.freeze(pipeline.nodes.map((node) => renamed(node, name, rename))),
    metrics: Object.freeze(pipeline.metrics.map((metric) => `${name}.${metric}`)),
    tags: pipeline.tags,
    ...(pipeline.concurrency === undefined ? {} : { concurrency: pipeline.concurrency }),
  })
}

interface Renaming {
  dataset(dataset: Dataset): Dataset
  param(name: string): string
}

function renamed(node: AnyNode, space: string, rename: Renaming): AnyNode {
  return Object.freeze({
    ...node,
    name: prefixed('node', space, node.name),
    inputs: renamedDatasets(node.inputs, rename),
    outputs: renamedDatasets(node.outputs, rename),
    ...(node.choices && { choices: renamedChoices(node.choices, space) }),
    params: Object.freeze(
      node.params.map((field) => Object.freeze({ ...field, name: rename.param(field.name) })),
    ),
  })
}

function renamedChoices(choices: Choices, space: string): Choices {
  const entries = Object.entries(choices).map(([choice, targets]) => [
    choice,
    Object.freeze(targets.map((target) => prefixed('node', space, target))),
  ])
  return Object.freeze(Object.fromEntries(entries)) as Choices
}

function renamedDatasets(datasets: Datasets, rename: Renaming): Datasets {
  const entries = Object.entries(datasets)
  return Object.freeze(
    Object.fromEntries(entries.map(([key, dataset]) => [key, rename.dataset(dataset)])),
  )
}

function renaming(pipeline: Pipeline, space: string, options: NamespaceOptions): Renaming {
  const made = datasetNames(pipeline, 'outputs')
  const read = datasetNames(pipeline, 'inputs')
  const inside = new Set([...made].map(datasetOf))
  const free = new Set([...read].filter((name) => !inside.has(datasetOf(name))))
  const keptDatasets = new Map([
    ...keptOf(pipeline, 'input', options.inputs, free),
    ...keptOf(pipeline, 'output', options.outputs, made),
  ])
  const keptParams = paramsOf(pipeline, options.params)
  const datasets = new Map<string, Dataset>()
  return {
    dataset(dataset) {
      const known = datasets.get(dataset.name)
      if (known !== undefined && known.schema === dataset.schema) return known
      const target = keptDatasets.get(dataset.name) ?? prefixed('dataset', space, dataset.name)
      const copy = typeof target === 'string' ? withName(dataset, target) : target
      datasets.set(dataset.name, copy)
      return copy
    },
    param: (param) => keptParams.get(param) ?? prefixed('param', space, param),
  }
}

function withName(dataset: Dataset, name: string): Dataset {
  if (dataset.name === name) return dataset
  assertName('dataset', name)
  return Object.freeze({ ...dataset, name })
}

function datasetNames(pipeline: Pipeline, side: 'inputs' | 'outputs'): ReadonlySet<string> {
  return new Set(
    pipeline.nodes.flatMap((node) => Object.values(node[side]).map((dataset) => dataset.name)),
  )
}

function keptOf(
  pipeline: Pipeline,
  noun: 'input' | 'output',
  kept: Kept = [],
  known: ReadonlySet<string>,
): readonly (readonly [string, string | Dataset])[] {
  const entries: readonly (readonly [string, string | Dataset])[] = isList(kept)
    ? kept.map((item) => [typeof item === 'string' ? item : item.name, item] as const)
    : Object.entries(kept)
  for (const [name] of entries) {
    if (known.has(name)) continue
    throw new UsageError(
      'UNKNOWN_DATASET',
      `Pipeline "${pipeline.name}" has no ${noun} "${name}" to keep out of the namespace.`,
      { hint: didYouMean(name, known, `${noun}s`) },
    )
  }
  return entries
}

function paramsOf(
  pipeline: Pipeline,
  kept: NamespaceOptions['params'] = [],
): ReadonlyMap<string, string> {
  const known = new Set(pipeline.nodes.flatMap((node) => node.params.map((field) => field.name)))
  const entries = isList(kept) ? kept.map((name) => [name, name] as const) : Object.entries(kept)
  for (const [name, target] of entries) {
    assertName('param', target)
    if (known.has(name)) continue
    throw new UsageError(
      'UNKNOWN_PARAM',
      `Pipeline "${pipeline.name}" has no param "${name}" to keep out of the namespace.`,
      { hint: didYouMean(name, known, 'params') },
    )
  }
  return new Map(entries)
}

function isList<Item>(
  kept: readonly Item[] | Readonly<Record<string, Item>>,
): kept is readonly Item[] {
  return Array.isArray(kept)
}

function prefixed(kind: string, space: string, name: string): string {
  const long = `${space}.${name}`
  assertName(kind, long)
  return long
}
