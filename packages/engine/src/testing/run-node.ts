import type { Catalog } from '../catalog/entry.ts'
import type { Dataset } from '../definition/dataset.ts'
import type { Hooks } from '../definition/hooks.ts'
import type { AnyNode, Datasets, Node, Values } from '../definition/node.ts'
import { pipeline } from '../definition/pipeline.ts'
import type { Trigger } from '../definition/trigger.ts'
import { UsageError } from '../errors.ts'
import { resolveParams } from '../plan/resolve-params.ts'
import { withTimeout } from '../run/attempt-timeout.ts'
import { executeNode } from '../run/execute-node.ts'
import { MetricBuffer } from '../run/metric-buffer.ts'
import { givenInput } from './given-input.ts'
import { memoryStore } from './memory-store.ts'
import { recordedLog, type LogLine } from './recorded-log.ts'
import { finalMetrics, recordedMetrics, type RecordedMetric } from './recorded-metric.ts'

/** Inputs of one attempt. With a trigger other than `allSucceeded` any of them may be missing. */
type GivenInputs<Inputs extends Datasets, T extends Trigger> = [keyof Inputs] extends [never]
  ? { readonly inputs?: Values<Inputs> }
  : 'allSucceeded' extends T
    ? { readonly inputs: Values<Inputs> }
    : { readonly inputs?: Partial<Values<Inputs>> }

/** What `runNode` takes. Inputs and params may be left out where the node needs none. */
export type RunNodeOptions<
  Inputs extends Datasets,
  Params,
  T extends Trigger = Trigger,
> = GivenInputs<Inputs, T> &
  ({} extends Params ? { readonly params?: Params } : { readonly params: Params }) & {
    /** The number of the attempt that the node is told. Default 1. */
    readonly attempt?: number
    /** Observers, as in `defineProject`. Default: none. */
    readonly hooks?: readonly Hooks[]
    /** Formats of datasets, as in `catalog.yml`: outputs are encoded and read back by them. Default: JSON. */
    readonly catalog?: Catalog
    /** Aborts the attempt. */
    readonly signal?: AbortSignal
  }

/** What one attempt of a node did. */
export interface NodeResult<Outputs extends Datasets> {
  /** The outputs as the nodes that depend on this one would load them. */
  readonly outputs: Values<Outputs>
  /** The last value of each metric. */
  readonly metrics: Readonly<Record<string, number>>
  /** Every call of `metric`, in order. */
  readonly metricHistory: readonly RecordedMetric[]
  /** Every line of `log`, in order. */
  readonly logs: readonly LogLine[]
}

/**
 * Runs one attempt of a node in this process, without Redis and without files: inputs, params and outputs are checked
 * and encoded as a worker does it. Its timeout applies; its retries do not, so the first error is yours to assert.
 *
 * @throws what the node throws; DatasetError, NodeError and UsageError as in production
 *
 * @example
 * const { outputs, metrics } = await runNode(train, { inputs: { days }, params: { epochs: 3 } })
 */
export async function runNode<
  Inputs extends Datasets,
  Outputs extends Datasets,
  Params,
  T extends Trigger = Trigger,
>(
  node: Node<Inputs, Outputs, Params, string, unknown, T>,
  options: RunNodeOptions<Inputs, Params, T>,
): Promise<NodeResult<Outputs>> {
  const params = resolveParams(pipeline(node.name, [node]), namedParams(node, options.params ?? {}))
  const given: Readonly<Record<string, unknown>> = options.inputs ?? {}
  const lines: LogLine[] = []
  const buffer = new MetricBuffer()
  const store = memoryStore(options.catalog)
  const attempt = options.attempt ?? 1
  const place = { runId: 'test', node: node.name, attempt }
  const references = await withTimeout(node, (timeout) =>
    executeNode({
      ...place,
      node,
      pipeline: 'test',
      instance: node.name,
      params,
      hooks: options.hooks ?? [],
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      log: recordedLog(lines),
      onMetric: buffer.add,
      load: (dataset, argument) => {
        if (!Object.hasOwn(given, argument)) {
          // Its node may not have succeeded.
          if (node.trigger !== undefined) return undefined
          throw missingInput(node, argument, dataset)
        }
        return givenInput(dataset, given[argument])
      },
      save: (dataset, value) => store.save(dataset, value, place, buffer.add),
    }),
  )
  const keys = Object.keys(node.outputs)
  const values = await Promise.all(
    references.map(async (reference, index) => {
      // References come in the order of the node's outputs.
      const key = keys[index] as string
      return [key, await store.load(node.outputs[key] as Dataset, reference)] as const
    }),
  )
  const metrics = buffer.drain(Infinity).flat()
  return {
    // Each value was just parsed by the schema that gives it its type.
    outputs: Object.fromEntries(values) as Values<Outputs>,
    metrics: finalMetrics(metrics),
    metricHistory: recordedMetrics(metrics),
    logs: lines,
  }
}

/** Params by the names by which users set them. Unknown keys keep theirs, and are refused when params are resolved. */
function namedParams(node: AnyNode, params: object): Readonly<Record<string, unknown>> {
  const names = new Map(node.params.map((field) => [field.key, field.name]))
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [names.get(key) ?? `${node.name}.${key}`, value]),
  )
}

function missingInput(node: AnyNode, argument: string, dataset: Dataset): UsageError {
  return new UsageError(
    'MISSING_INPUT',
    `Input "${argument}" (dataset "${dataset.name}") of node "${node.name}" is not given.`,
    { hint: `Pass it to runNode: { inputs: { ${argument}: … } }.` },
  )
}
