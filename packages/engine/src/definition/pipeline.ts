import { PipelineError } from '../errors.ts'
import { pipelineConcurrency, type PipelineConcurrency } from './concurrency.ts'
import { assertName } from './name.ts'
import type { AnyNode } from './node.ts'
import type { PipelineTypes, TypesOf } from './pipeline-types.ts'

/** Nodes joined by dataset names: frozen data. */
export interface Pipeline<
  Name extends string = string,
  Types extends PipelineTypes = PipelineTypes,
> {
  readonly name: Name
  readonly nodes: readonly AnyNode[]
  /** Metrics that the MLflow parent run shows under their bare names, as `node.metric`. */
  readonly metrics: readonly string[]
  /** Tags of every MLflow run of this pipeline. */
  readonly tags: Readonly<Record<string, string>>
  /** How many runs of it go on at a time. */
  readonly concurrency?: PipelineConcurrency
  /** Carries the types of its params and datasets; never set. */
  readonly types?: Types
}

/** Options of `pipeline`. */
export interface PipelineOptions {
  /** Metrics, as `node.metric`, that the MLflow parent run also shows under their bare names. Default: none. */
  readonly metrics?: readonly string[]
  /** Tags of every MLflow run of this pipeline. Default: none. */
  readonly tags?: Readonly<Record<string, string>>
  /**
   * Runs that go on at a time on all workers together: of the pipeline, or with `perKey` of those with the same
   * `concurrencyKey`. Further ones wait for their turn. Default: any number.
   */
  readonly concurrency?: number | PipelineConcurrency
}

/**
 * Joins nodes, and the nodes of other pipelines, by the names of their datasets. The same node given twice counts once,
 * so a union of overlapping pipelines is a pipeline.
 *
 * @throws PipelineError `INVALID_NAME`, `INVALID_CONCURRENCY`, `DUPLICATE_NODE` when two different nodes have one name. Cycles and datasets with
 * two producers are found when the pipeline is compiled.
 *
 * @example
 * export const training = pipeline('training', [clean, train, evaluate], { metrics: ['evaluate.f1'] })
 */
export function pipeline<
  const Name extends string,
  const Parts extends readonly (AnyNode | Pipeline)[],
>(name: Name, parts: Parts, options: PipelineOptions = {}): Pipeline<Name, TypesOf<Parts>> {
  assertName('pipeline', name)
  const nodes = new Map<string, AnyNode>()
  const metrics = new Set(options.metrics)
  for (const part of parts) {
    for (const node of 'nodes' in part ? part.nodes : [part]) {
      const known = nodes.get(node.name)
      if (known !== undefined && known !== node) throw duplicateNode(name, node.name)
      nodes.set(node.name, node)
    }
    if ('nodes' in part) for (const metric of part.metrics) metrics.add(metric)
  }
  return Object.freeze({
    name,
    nodes: Object.freeze([...nodes.values()]),
    metrics: Object.freeze([...metrics]),
    tags: Object.freeze({ ...options.tags }),
    ...(options.concurrency === undefined
      ? {}
      : { concurrency: pipelineConcurrency(name, options.concurrency) }),
  })
}

function duplicateNode(pipelineName: string, node: string): PipelineError {
  return new PipelineError(
    'DUPLICATE_NODE',
    `Pipeline "${pipelineName}" has two different nodes named "${node}".`,
    { hint: 'Rename one, or put one of the pipelines into a namespace.' },
  )
}
