import type { Dataset } from '../definition/dataset.ts'
import { didYouMean } from '../definition/nearest.ts'
import type { AnyNode } from '../definition/node.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import { datasetOf } from '../definition/variant.ts'
import { PipelineError } from '../errors.ts'

/**
 * Who makes and who reads each dataset of a pipeline; variants (`rows@csv`) are one dataset. Nodes are indexes in the order
 * of declaration.
 */
export interface Graph {
  readonly nodes: readonly AnyNode[]
  /** Dataset name -> the node that makes it. */
  readonly makers: ReadonlyMap<string, number>
  /** Dataset name -> the nodes that read it, ascending, each once. */
  readonly readers: ReadonlyMap<string, readonly number[]>
  readonly producers: readonly (readonly number[])[]
  readonly dependents: readonly (readonly number[])[]
}

/**
 * Joins nodes by the names of their datasets.
 *
 * @throws PipelineError `DUPLICATE_OUTPUT`, `DATASET_CONFLICT`, `BRANCH_TARGET_MISSING`
 */
export function graphOf(pipeline: Pipeline): Graph {
  const makers = new Map<string, number>()
  const readers = new Map<string, number[]>()
  const datasets = new Map<string, { readonly dataset: Dataset; readonly node: string }>()
  for (const [index, node] of pipeline.nodes.entries()) {
    for (const dataset of Object.values(node.inputs)) {
      assertSame(pipeline, datasets, dataset, node)
      const name = datasetOf(dataset.name)
      const known = readers.get(name)
      if (known === undefined) readers.set(name, [index])
      else if (known.at(-1) !== index) known.push(index)
    }
    for (const dataset of Object.values(node.outputs)) {
      assertSame(pipeline, datasets, dataset, node)
      const name = datasetOf(dataset.name)
      const other = makers.get(name)
      if (other !== undefined) throw duplicateOutput(pipeline, dataset, other, node)
      makers.set(name, index)
    }
  }
  return { nodes: pipeline.nodes, makers, readers, ...edges(pipeline, makers) }
}

function edges(
  pipeline: Pipeline,
  makers: ReadonlyMap<string, number>,
): Pick<Graph, 'producers' | 'dependents'> {
  const { nodes } = pipeline
  const dependents: number[][] = nodes.map(() => [])
  const branches = branchesOf(pipeline)
  const producers = nodes.map((node, index) => {
    const needed = new Set<number>(branches.get(index))
    for (const dataset of Object.values(node.inputs)) {
      const maker = makers.get(datasetOf(dataset.name))
      if (maker !== undefined) needed.add(maker)
    }
    for (const producer of needed) dependents[producer]?.push(index)
    return [...needed].toSorted((a, b) => a - b)
  })
  return { producers, dependents }
}

/** Node -> the branches that may choose it. */
function branchesOf(pipeline: Pipeline): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>()
  const indexes = new Map(pipeline.nodes.map(({ name }, index) => [name, index]))
  for (const [branch, { name, choices = {} }] of pipeline.nodes.entries()) {
    for (const target of new Set(Object.values(choices).flat())) {
      const index = indexes.get(target)
      if (index === undefined) throw missingTarget(pipeline, name, target, indexes.keys())
      found.set(index, [...(found.get(index) ?? []), branch])
    }
  }
  return found
}

function missingTarget(
  pipeline: Pipeline,
  branch: string,
  target: string,
  known: Iterable<string>,
): PipelineError {
  return new PipelineError(
    'BRANCH_TARGET_MISSING',
    `Branch "${branch}" of pipeline "${pipeline.name}" names "${target}", which is no node of it.`,
    { hint: `Put the node into the pipeline. ${didYouMean(target, known, 'nodes')}` },
  )
}

function assertSame(
  pipeline: Pipeline,
  datasets: Map<string, { readonly dataset: Dataset; readonly node: string }>,
  dataset: Dataset,
  node: AnyNode,
): void {
  const known = datasets.get(dataset.name)
  if (known === undefined) {
    datasets.set(dataset.name, { dataset, node: node.name })
    return
  }
  const { schema, layout, row } = known.dataset
  if (schema === dataset.schema && layout === dataset.layout) return
  // A table and a stream of the same rows are one dataset, read in two ways.
  if (row !== undefined && row === dataset.row) return
  throw new PipelineError(
    'DATASET_CONFLICT',
    `Pipeline "${pipeline.name}": nodes "${known.node}" and "${node.name}" use two different datasets with the name "${dataset.name}".`,
    { hint: 'Define the dataset once, export it and import it in both places, or rename one.' },
  )
}

function duplicateOutput(
  pipeline: Pipeline,
  dataset: Dataset,
  maker: number,
  node: AnyNode,
): PipelineError {
  const first = pipeline.nodes[maker]?.name
  return new PipelineError(
    'DUPLICATE_OUTPUT',
    first === node.name
      ? `Pipeline "${pipeline.name}": node "${node.name}" makes dataset "${dataset.name}" under two keys.`
      : `Pipeline "${pipeline.name}": nodes "${first}" and "${node.name}" both make dataset "${dataset.name}".`,
    { hint: 'A dataset has one producer. Rename one of the two outputs.' },
  )
}
