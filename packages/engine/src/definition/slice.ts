import { UsageError } from '../errors.ts'
import { didYouMean } from './nearest.ts'
import type { AnyNode, Choices } from './node.ts'
import type { Pipeline } from './pipeline.ts'
import { datasetOf } from './variant.ts'

/** Which part of a pipeline to keep. Filters that are given together keep what all of them keep, as in Kedro. */
export interface SliceOptions {
  /** These nodes and all that depend on them. */
  readonly fromNodes?: readonly string[]
  /** These nodes and all that they need. */
  readonly toNodes?: readonly string[]
  /** These nodes only. */
  readonly nodes?: readonly string[]
  /** Nodes that have at least one of these tags. */
  readonly tags?: readonly string[]
  /** Nodes that read one of these datasets, and all that depend on them. */
  readonly fromInputs?: readonly string[]
  /** Nodes that make one of these datasets, and all that they need. */
  readonly toOutputs?: readonly string[]
}

/**
 * A part of a pipeline under the same name. Datasets whose producer is cut away become inputs of the part, so they must
 * lie in the catalog. Promoted metrics of nodes that are cut away are dropped.
 *
 * @throws UsageError `UNKNOWN_NODE`, `UNKNOWN_DATASET`, `UNKNOWN_TAG`, and `EMPTY_SLICE` when nothing is left
 *
 * @example
 * slice(training, { fromNodes: ['train'], tags: ['fast'] })
 */
export function slice<Name extends string>(
  pipeline: Pipeline<Name>,
  options: SliceOptions,
): Pipeline<Name> {
  const index = indexOf(pipeline)
  const filters = filtersOf(index, options)
  const nodes = pipeline.nodes.filter((node) => filters.every((kept) => kept.has(node)))
  if (nodes.length === 0) throw emptySlice(pipeline, options)
  const names = nodes.map((node) => node.name)
  const kept = new Set(names)
  return Object.freeze({
    name: pipeline.name,
    nodes: Object.freeze(nodes.map((node) => withTargets(node, kept))),
    metrics: Object.freeze(metricsOf(pipeline, kept)),
    tags: pipeline.tags,
    ...(pipeline.concurrency === undefined ? {} : { concurrency: pipeline.concurrency }),
  })
}

/** A branch chooses among what is left of its targets. */
function withTargets(node: AnyNode, kept: ReadonlySet<string>): AnyNode {
  if (node.choices === undefined) return node
  const choices = Object.entries(node.choices).map(([choice, targets]) => [
    choice,
    Object.freeze(targets.filter((target) => kept.has(target))),
  ])
  return Object.freeze({ ...node, choices: Object.freeze(Object.fromEntries(choices)) as Choices })
}

interface PipelineIndex {
  readonly pipeline: Pipeline
  readonly nodes: ReadonlyMap<string, AnyNode>
  readonly tags: ReadonlyMap<string, readonly AnyNode[]>
  readonly readers: ReadonlyMap<string, readonly AnyNode[]>
  readonly makers: ReadonlyMap<string, readonly AnyNode[]>
  /** Name of a node -> the branches that may choose it. */
  readonly branches: ReadonlyMap<string, readonly AnyNode[]>
}

function indexOf(pipeline: Pipeline): PipelineIndex {
  const nodes = new Map<string, AnyNode>()
  const tags = new Map<string, AnyNode[]>()
  const readers = new Map<string, AnyNode[]>()
  const makers = new Map<string, AnyNode[]>()
  const branches = new Map<string, AnyNode[]>()
  for (const node of pipeline.nodes) {
    nodes.set(node.name, node)
    for (const tag of node.tags) add(tags, tag, node)
    for (const { name } of Object.values(node.inputs)) add(readers, datasetOf(name), node)
    for (const { name } of Object.values(node.outputs)) add(makers, datasetOf(name), node)
    for (const target of new Set(Object.values(node.choices ?? {}).flat()))
      add(branches, target, node)
  }
  return { pipeline, nodes, tags, readers, makers, branches }
}

function add(map: Map<string, AnyNode[]>, key: string, node: AnyNode): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [node])
  else known.push(node)
}

function filtersOf(index: PipelineIndex, options: SliceOptions): readonly ReadonlySet<AnyNode>[] {
  const filters: ReadonlySet<AnyNode>[] = []
  const { fromNodes, toNodes, nodes, tags, fromInputs, toOutputs } = options
  if (fromNodes) filters.push(closure(namedNodes(index, fromNodes), down(index)))
  if (toNodes) filters.push(closure(namedNodes(index, toNodes), up(index)))
  if (nodes) filters.push(new Set(namedNodes(index, nodes)))
  if (tags) filters.push(new Set(taggedNodes(index, tags)))
  if (fromInputs) filters.push(closure(nodesOf(index, fromInputs, index.readers), down(index)))
  if (toOutputs) filters.push(closure(nodesOf(index, toOutputs, index.makers), up(index)))
  return filters
}

type Neighbours = (node: AnyNode) => readonly AnyNode[]

function down({ readers, nodes }: PipelineIndex): Neighbours {
  return (node) => [
    ...Object.values(node.outputs).flatMap(({ name }) => readers.get(datasetOf(name)) ?? []),
    ...Object.values(node.choices ?? {}).flatMap((targets) =>
      targets.flatMap((target) => nodes.get(target) ?? []),
    ),
  ]
}

function up({ makers, branches }: PipelineIndex): Neighbours {
  return (node) => [
    ...Object.values(node.inputs).flatMap(({ name }) => makers.get(datasetOf(name)) ?? []),
    ...(branches.get(node.name) ?? []),
  ]
}

function closure(starts: readonly AnyNode[], neighbours: Neighbours): ReadonlySet<AnyNode> {
  const reached = new Set(starts)
  // A set hands out what is added to it while it is being walked.
  for (const node of reached) for (const next of neighbours(node)) reached.add(next)
  return reached
}

function namedNodes({ pipeline, nodes }: PipelineIndex, names: readonly string[]): AnyNode[] {
  return names.map((name) => {
    const node = nodes.get(name)
    if (node !== undefined) return node
    throw new UsageError('UNKNOWN_NODE', `Pipeline "${pipeline.name}" has no node "${name}".`, {
      hint: didYouMean(name, nodes.keys(), 'nodes'),
    })
  })
}

function taggedNodes({ pipeline, tags }: PipelineIndex, names: readonly string[]): AnyNode[] {
  return names.flatMap((name) => {
    const tagged = tags.get(name)
    if (tagged !== undefined) return tagged
    throw new UsageError(
      'UNKNOWN_TAG',
      `Pipeline "${pipeline.name}" has no node with the tag "${name}".`,
      { hint: didYouMean(name, tags.keys(), 'tags') },
    )
  })
}

function nodesOf(
  { pipeline, readers, makers }: PipelineIndex,
  names: readonly string[],
  side: ReadonlyMap<string, readonly AnyNode[]>,
): AnyNode[] {
  return names.flatMap((name) => {
    const dataset = datasetOf(name)
    if (readers.has(dataset) || makers.has(dataset)) return side.get(dataset) ?? []
    throw new UsageError(
      'UNKNOWN_DATASET',
      `Pipeline "${pipeline.name}" has no dataset "${name}".`,
      { hint: didYouMean(name, [...readers.keys(), ...makers.keys()], 'datasets') },
    )
  })
}

function metricsOf({ metrics, nodes }: Pipeline, kept: ReadonlySet<string>): readonly string[] {
  if (kept.size === nodes.length) return metrics
  return metrics.filter((metric) => {
    // Node names have dots too, so every part before a dot may be the node.
    for (let dot = metric.indexOf('.'); dot > 0; dot = metric.indexOf('.', dot + 1)) {
      if (kept.has(metric.slice(0, dot))) return true
    }
    return false
  })
}

function emptySlice(pipeline: Pipeline, options: SliceOptions): UsageError {
  const given = Object.entries(options)
    .filter(([, names]) => names !== undefined)
    .map(([filter, names]) => `${filter}: ${(names as readonly string[]).join(', ')}`)
  return new UsageError(
    'EMPTY_SLICE',
    `No node of pipeline "${pipeline.name}" is left by ${given.join('; ')}.`,
    {
      hint: 'Filters that are given together keep only the nodes that all of them keep. Drop or widen one.',
    },
  )
}
