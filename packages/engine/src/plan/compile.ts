import { didYouMean } from '../definition/nearest.ts'
import type { Datasets, AnyNode } from '../definition/node.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import { datasetOf } from '../definition/variant.ts'
import { PipelineError } from '../errors.ts'
import { canonicalJson, sha256 } from './canonical-json.ts'
import { graphOf, type Graph } from './graph.ts'
import { findCycle, topologicalOrder } from './order.ts'
import { pipelineParams } from './pipeline-params.ts'
import type { CompiledPlan, Plan, PlanNode } from './plan.ts'

/**
 * Compiles a pipeline to its plan: nodes in topological order, edges as indexes, and the sha256 of the whole. Equal
 * pipelines give equal hashes in every process.
 *
 * @throws PipelineError `EMPTY_PIPELINE`, `PIPELINE_CYCLE`, `DUPLICATE_OUTPUT`, `DATASET_CONFLICT`, `PARAM_CONFLICT`,
 * `UNKNOWN_METRIC`, `NODE_UNSUPPORTED`
 */
export function compile(pipeline: Pipeline): CompiledPlan {
  if (pipeline.nodes.length === 0) {
    throw new PipelineError('EMPTY_PIPELINE', `Pipeline "${pipeline.name}" has no nodes.`, {
      hint: 'Give it at least one node: pipeline(name, [node]).',
    })
  }
  assertRunnable(pipeline)
  pipelineParams(pipeline)
  assertMetrics(pipeline)
  const graph = graphOf(pipeline)
  const order = topologicalOrder(graph.producers, graph.dependents)
  if (order.length < graph.nodes.length) throw cycle(pipeline, graph, order)
  const plan = planOf(pipeline, graph, order)
  return Object.freeze({ hash: sha256(canonicalJson(plan)), plan })
}

function planOf(pipeline: Pipeline, graph: Graph, order: readonly number[]): Plan {
  const place = new Map(order.map((declared, index) => [declared, index]))
  const renumber = (indexes: readonly number[] | undefined): readonly number[] =>
    // Every index of the graph is in the order: a cycle was refused before.
    Object.freeze(
      (indexes ?? []).map((index) => place.get(index) as number).toSorted((a, b) => a - b),
    )
  const names = new Map(graph.nodes.map(({ name }, index) => [name, index]))
  // Every target was found when the edges were.
  const declaredAs = (name: string): number => names.get(name) as number
  const nodes: PlanNode[] = []
  for (const declared of order) {
    const node = graph.nodes[declared]
    if (node === undefined) continue
    const edges = {
      producers: renumber(graph.producers[declared]),
      dependents: renumber(graph.dependents[declared]),
    }
    nodes.push(
      planNode(
        node,
        edges,
        choicesOf(node, (name) => renumber([declaredAs(name)])),
      ),
    )
  }
  return Object.freeze({
    version: 1,
    pipeline: pipeline.name,
    nodes: Object.freeze(nodes),
    inputs: oneSided(graph, 'inputs', graph.makers),
    outputs: oneSided(graph, 'outputs', graph.readers),
    metrics: pipeline.metrics,
    tags: pipeline.tags,
  })
}

/** Names of the datasets on one side of the nodes that no node has on its other side. */
function oneSided(
  { nodes }: Graph,
  side: 'inputs' | 'outputs',
  other: ReadonlyMap<string, unknown>,
): readonly string[] {
  const names = nodes.flatMap((node) => Object.values(node[side]).map(({ name }) => name))
  return Object.freeze([...new Set(names)].filter((name) => !other.has(datasetOf(name))))
}

/** Of a branch: the indexes of its targets by choice. */
function choicesOf(
  { choices }: AnyNode,
  indexesOf: (name: string) => readonly number[],
): PlanNode['choices'] {
  if (choices === undefined) return undefined
  const entries = Object.entries(choices).map(([choice, targets]) => [
    choice,
    Object.freeze(targets.flatMap(indexesOf).toSorted((a, b) => a - b)),
  ])
  return Object.freeze(Object.fromEntries(entries) as Record<string, readonly number[]>)
}

function planNode(
  node: AnyNode,
  { producers, dependents }: Pick<PlanNode, 'producers' | 'dependents'>,
  choices: PlanNode['choices'],
): PlanNode {
  return Object.freeze({
    name: node.name,
    queue: node.queue,
    ...(node.concurrency === undefined ? {} : { concurrency: node.concurrency }),
    ...(Object.keys(node.resources).length === 0 ? {} : { resources: node.resources }),
    isolation: node.isolation,
    retry: node.retry,
    timeout: node.timeout ?? null,
    ...(node.trigger === undefined || node.trigger === 'allSucceeded'
      ? {}
      : { trigger: node.trigger }),
    ...(choices === undefined ? {} : { choices }),
    ...(node.reuse === true ? { reuse: true as const } : {}),
    tags: node.tags,
    inputs: namesOf(node.inputs),
    outputs: namesOf(node.outputs),
    params: Object.freeze(Object.fromEntries(node.params.map(({ key, name }) => [key, name]))),
    producers,
    dependents,
    fingerprint: sha256(node.source).slice(0, 16),
  })
}

function namesOf(datasets: Datasets): Readonly<Record<string, string>> {
  return Object.freeze(
    Object.fromEntries(Object.entries(datasets).map(([key, dataset]) => [key, dataset.name])),
  )
}

/** What can be defined and cannot be run is refused, or it would run as something else. */
function assertRunnable({ name, nodes }: Pipeline): void {
  for (const node of nodes) {
    if (node.map === undefined) continue
    throw new PipelineError(
      'NODE_UNSUPPORTED',
      `Node "${node.name}" of pipeline "${name}" is a map, which no worker of this version runs.`,
      {
        hint: 'Use plain nodes, and several runs where what is to be done is known at run time only.',
      },
    )
  }
}

function assertMetrics(pipeline: Pipeline): void {
  if (pipeline.metrics.length === 0) return
  const names = new Set(pipeline.nodes.map((node) => node.name))
  for (const metric of pipeline.metrics) {
    if (metricNode(metric, names) !== undefined) continue
    const wanted = metric.slice(0, Math.max(0, metric.lastIndexOf('.'))) || metric
    throw new PipelineError(
      'UNKNOWN_METRIC',
      `Pipeline "${pipeline.name}" promotes the metric "${metric}", but no node of it is named "${wanted}".`,
      { hint: `Write metrics as node.metric. ${didYouMean(wanted, names, 'nodes')}` },
    )
  }
}

/** The node of a promoted metric: the longest part before a dot that names a node, for node names have dots too. */
function metricNode(metric: string, nodes: ReadonlySet<string>): string | undefined {
  for (let dot = metric.lastIndexOf('.'); dot > 0; dot = metric.lastIndexOf('.', dot - 1)) {
    const name = metric.slice(0, dot)
    if (nodes.has(name) && dot < metric.length - 1) return name
  }
  return undefined
}

function cycle(pipeline: Pipeline, graph: Graph, order: readonly number[]): PipelineError {
  const path = findCycle(graph.producers, order)
  const hops = path.map((index, position) => {
    const next = path[(position + 1) % path.length]
    const node = graph.nodes[index]
    const passed = Object.values(node?.outputs ?? {})
      .filter((dataset) => graph.readers.get(datasetOf(dataset.name))?.includes(next ?? -1))
      .map((dataset) => dataset.name)
    return `${node?.name} -(${passed.join(', ')})->`
  })
  // A long cycle is cut in the middle, so that the message stays readable.
  const shown =
    hops.length > 20
      ? [...hops.slice(0, 10), `… ${hops.length - 19} more …`, ...hops.slice(-9)]
      : hops
  return new PipelineError(
    'PIPELINE_CYCLE',
    `Pipeline "${pipeline.name}" has a cycle: ${shown.join(' ')} ${graph.nodes[path[0] ?? 0]?.name}.`,
    {
      hint: 'A node cannot need what is made from its own output. Give one of these datasets another name.',
    },
  )
}
