import type { Catalog } from '../catalog/entry.ts'
import type { Dataset } from '../definition/dataset.ts'
import type { Hooks } from '../definition/hooks.ts'
import { didYouMean } from '../definition/nearest.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import { UsageError } from '../errors.ts'
import { checkInputs } from '../plan/check-inputs.ts'
import { compile } from '../plan/compile.ts'
import { resolveParams } from '../plan/resolve-params.ts'
import { runInMemory, type MemoryRun } from '../run/memory-runner.ts'
import type { NodeFailure } from '../run/node-failure.ts'
import { givenInput } from './given-input.ts'
import { memoryStore } from './memory-store.ts'
import { recordedLog, type LogLine } from './recorded-log.ts'
import { finalMetrics } from './recorded-metric.ts'

/** What `runPipeline` takes. */
export interface RunPipelineOptions {
  /** Values of the pipeline's free inputs by dataset name. Default: none. */
  readonly inputs?: Readonly<Record<string, unknown>>
  /** Params as `enqueue` takes them: `{ train: { epochs: 3 }, seed: 7 }`. Default: none. */
  readonly params?: Readonly<Record<string, unknown>>
  /** Observers, as in `defineProject`. Default: none. */
  readonly hooks?: readonly Hooks[]
  /** Formats of datasets, as in `catalog.yml`; nothing is read or written there. Default: JSON. */
  readonly catalog?: Catalog
  /** `none` tries again at once; `policy` waits as a worker would. Default `none`. */
  readonly retryDelay?: 'none' | 'policy'
}

/** How a node run ended. */
export interface PipelineNodeResult {
  readonly name: string
  readonly status: 'succeeded' | 'failed' | 'skipped'
  /** Attempts made; 0 when it was skipped. */
  readonly attempts: number
  /** The last value of each metric of the last attempt. */
  readonly metrics: Readonly<Record<string, number>>
  /** Why it failed, as the ledger would keep it. */
  readonly error: NodeFailure | undefined
  readonly logs: readonly LogLine[]
}

/** What a run did. */
export interface PipelineResult {
  readonly status: 'succeeded' | 'failed'
  /** Every dataset that a node made, by name. */
  readonly outputs: Readonly<Record<string, unknown>>
  /** In the order of the plan. */
  readonly nodes: readonly PipelineNodeResult[]
  /** A dataset that a node made, with its type. @throws UsageError `OUTPUT_NOT_MADE` */
  output<Type>(dataset: Dataset<string, Type>): Type
}

/**
 * Runs a whole pipeline in this process, without Redis and without files: concurrently where its graph allows, with
 * retries and timeouts. A failed node skips its downstream, and independent branches go on to their end, as in
 * production; the result says so, and nothing is thrown for it.
 *
 * @throws PipelineError as `compile`; UsageError `UNKNOWN_PARAM`, `INVALID_PARAM`, `MISSING_PARAM`, `MISSING_INPUT`,
 * `UNKNOWN_DATASET`
 *
 * @example
 * const run = await runPipeline(training, { inputs: { days }, params: { train: { epochs: 3 } } })
 * expect(run.status).toBe('succeeded')
 * expect(run.output(model).weights).toHaveLength(2)
 */
export async function runPipeline(
  pipeline: Pipeline,
  options: RunPipelineOptions = {},
): Promise<PipelineResult> {
  const inputs = options.inputs ?? {}
  const compiled = compile(pipeline)
  assertInputs(pipeline, compiled.plan.inputs, inputs)
  checkInputs(compiled, Object.keys(inputs))
  const store = memoryStore(options.catalog)
  const logs = new Map<string, LogLine[]>()
  const run = await runInMemory({
    pipeline,
    runId: 'test',
    params: resolveParams(pipeline, options.params ?? {}),
    store,
    loadInput: (dataset) => givenInput(dataset, inputs[dataset.name]),
    hooks: options.hooks ?? [],
    retryDelay: options.retryDelay ?? 'none',
    log: (node) => recordedLog(linesOf(logs, node)),
  })
  const values = new Map<string, unknown>()
  for (const dataset of pipeline.nodes.flatMap((node) => Object.values(node.outputs))) {
    const reference = run.references.get(dataset.name)
    // One at a time: a test's datasets are small, and the order stays that of the definition.
    // oxlint-disable-next-line no-await-in-loop
    if (reference !== undefined) values.set(dataset.name, await store.load(dataset, reference))
  }
  return resultOf(run, values, logs)
}

function resultOf(
  run: MemoryRun,
  values: ReadonlyMap<string, unknown>,
  logs: ReadonlyMap<string, readonly LogLine[]>,
): PipelineResult {
  return {
    status: run.status,
    outputs: Object.fromEntries(values),
    nodes: run.nodes.map((node) => ({
      ...node,
      metrics: finalMetrics(node.metrics),
      logs: logs.get(node.name) ?? [],
    })),
    output<Type>(dataset: Dataset<string, Type>): Type {
      // The value was parsed by the schema of the dataset of this name.
      if (values.has(dataset.name)) return values.get(dataset.name) as Type
      throw new UsageError(
        'OUTPUT_NOT_MADE',
        `No node of this run made dataset "${dataset.name}".`,
        {
          hint: `See the nodes of the result for failures. ${didYouMean(dataset.name, values.keys(), 'outputs')}`,
        },
      )
    },
  }
}

function linesOf(logs: Map<string, LogLine[]>, node: string): LogLine[] {
  const lines = logs.get(node) ?? []
  logs.set(node, lines)
  return lines
}

function assertInputs(
  pipeline: Pipeline,
  free: readonly string[],
  given: Readonly<Record<string, unknown>>,
): void {
  const unknown = Object.keys(given).find((name) => !free.includes(name))
  if (unknown === undefined) return
  throw new UsageError(
    'UNKNOWN_DATASET',
    `Dataset "${unknown}" is not a free input of pipeline "${pipeline.name}".`,
    { hint: didYouMean(unknown, free, 'inputs') },
  )
}
