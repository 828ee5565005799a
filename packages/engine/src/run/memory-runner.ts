import { setTimeout as wait } from 'node:timers/promises'

import type { DatasetStore } from '../catalog/dataset-store.ts'
import type { Dataset } from '../definition/dataset.ts'
import type { Hooks } from '../definition/hooks.ts'
import type { NodeLog } from '../definition/node-context.ts'
import type { AnyNode } from '../definition/node.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import { retryDelay } from '../definition/retry-policy.ts'
import { datasetOf } from '../definition/variant.ts'
import { compile } from '../plan/compile.ts'
import type { Plan } from '../plan/plan.ts'
import { withTimeout } from './attempt-timeout.ts'
import type { DatasetReference } from './dataset-reference.ts'
import { describeFailure } from './describe-failure.ts'
import { executeNode } from './execute-node.ts'
import { callHooks } from './hook-calls.ts'
import { MetricBuffer } from './metric-buffer.ts'
import type { Metric } from './metric.ts'
import type { NodeFailure } from './node-failure.ts'

/** What a run in memory needs. */
export interface MemoryRunOptions {
  readonly pipeline: Pipeline
  readonly runId: string
  /** Resolved params. */
  readonly params: Readonly<Record<string, unknown>>
  /** Where nodes' outputs are kept. */
  readonly store: DatasetStore
  /** Gives the validated value of a free input of the pipeline. */
  loadInput(dataset: Dataset): unknown
  readonly hooks: readonly Hooks[]
  /** `policy` waits between attempts as a worker would. */
  readonly retryDelay: 'none' | 'policy'
  log(node: string): NodeLog
}

/** How a node run in memory ended. */
export interface MemoryNodeRun {
  readonly name: string
  readonly status: 'succeeded' | 'failed' | 'skipped'
  /** Attempts made; 0 when it was skipped. */
  readonly attempts: number
  /** Metrics of the last attempt. */
  readonly metrics: readonly Metric[]
  readonly error: NodeFailure | undefined
}

/** A finished run in memory. */
export interface MemoryRun {
  readonly status: 'succeeded' | 'failed'
  /** In the order of the plan. */
  readonly nodes: readonly MemoryNodeRun[]
  /** Dataset name -> what the node saved; a variant (`rows@csv`) also under the name before the `@`. */
  readonly references: ReadonlyMap<string, DatasetReference>
}

/**
 * Runs a pipeline in this thread, without Redis: nodes start as soon as their inputs are there, retries apply, and a
 * failed node skips all that depend on it while independent branches go on to their end. Never throws for a failed node.
 *
 * @throws PipelineError as `compile`
 */
export async function runInMemory(options: MemoryRunOptions): Promise<MemoryRun> {
  const { plan } = compile(options.pipeline)
  const info = {
    runId: options.runId,
    pipeline: options.pipeline.name,
    params: options.params,
  }
  const log = options.log(options.pipeline.name)
  await callHooks(options.hooks, 'beforePipelineRun', info, log)
  const references = new Map<string, DatasetReference>()
  const nodes = await runNodes(options, plan, references)
  const failed = nodes.find((node) => node.status === 'failed')
  if (failed === undefined) {
    await callHooks(options.hooks, 'afterPipelineRun', info, log)
  } else {
    const error = `Node "${failed.name}" failed: ${failed.error?.message}`
    await callHooks(options.hooks, 'onPipelineError', { ...info, error }, log)
  }
  return { status: failed === undefined ? 'succeeded' : 'failed', nodes, references }
}

function runNodes(
  options: MemoryRunOptions,
  plan: Plan,
  references: Map<string, DatasetReference>,
): Promise<readonly MemoryNodeRun[]> {
  const declared = new Map(options.pipeline.nodes.map((node) => [node.name, node]))
  const ended = new Map<number, MemoryNodeRun>()
  const arrived = plan.nodes.map(() => 0)
  return new Promise((resolve, reject) => {
    const start = (index: number): void => {
      // The plan was compiled from these nodes.
      const node = declared.get(plan.nodes[index]?.name ?? '') as AnyNode
      runAttempts(options, node, references).then((run) => end(index, run), reject)
    }
    const end = (index: number, run: MemoryNodeRun): void => {
      ended.set(index, run)
      if (run.status === 'failed') skipDependents(plan, index, ended)
      for (const dependent of plan.nodes[index]?.dependents ?? []) {
        arrived[dependent] = (arrived[dependent] ?? 0) + 1
        const ready = arrived[dependent] === plan.nodes[dependent]?.producers.length
        if (ready && !ended.has(dependent)) start(dependent)
      }
      // Each node is in the map when all are: the plan's order is the report's.
      if (ended.size === plan.nodes.length) {
        resolve(plan.nodes.map((_, place) => ended.get(place) as MemoryNodeRun))
      }
    }
    for (const [index, node] of plan.nodes.entries()) if (node.producers.length === 0) start(index)
  })
}

function skipDependents(plan: Plan, failed: number, ended: Map<number, MemoryNodeRun>): void {
  const reached = new Set(plan.nodes[failed]?.dependents)
  // A set hands out what is added to it while it is being walked.
  for (const index of reached) {
    const node = plan.nodes[index]
    if (node === undefined) continue
    ended.set(index, {
      name: node.name,
      status: 'skipped',
      attempts: 0,
      metrics: [],
      error: undefined,
    })
    for (const dependent of node.dependents) reached.add(dependent)
  }
}

async function runAttempts(
  options: MemoryRunOptions,
  node: AnyNode,
  references: Map<string, DatasetReference>,
): Promise<MemoryNodeRun> {
  const { name } = node
  for (let attempt = 1; ; attempt++) {
    const buffer = new MetricBuffer()
    try {
      // Attempts follow one another.
      // oxlint-disable-next-line no-await-in-loop
      const saved = await runAttempt(options, node, attempt, references, buffer)
      for (const reference of saved) {
        references.set(reference.dataset, reference)
        // For nodes that read another variant.
        references.set(datasetOf(reference.dataset), reference)
      }
      const metrics = buffer.drain(Infinity).flat()
      return { name, status: 'succeeded', attempts: attempt, metrics, error: undefined }
    } catch (thrown) {
      const { failure, retryable } = describeFailure(thrown)
      if (!retryable || attempt > node.retry.retries) {
        const metrics = buffer.drain(Infinity).flat()
        return { name, status: 'failed', attempts: attempt, metrics, error: failure }
      }
    }
    // oxlint-disable-next-line no-await-in-loop
    if (options.retryDelay === 'policy') await wait(retryDelay(node.retry, attempt))
  }
}

function runAttempt(
  options: MemoryRunOptions,
  node: AnyNode,
  attempt: number,
  references: ReadonlyMap<string, DatasetReference>,
  buffer: MetricBuffer,
): Promise<readonly DatasetReference[]> {
  const { runId, store } = options
  return withTimeout(node, (signal) =>
    executeNode({
      node,
      runId,
      pipeline: options.pipeline.name,
      instance: node.name,
      attempt,
      params: options.params,
      hooks: options.hooks,
      signal,
      log: options.log(node.name),
      onMetric: buffer.add,
      load: (dataset) => {
        const reference = references.get(dataset.name) ?? references.get(datasetOf(dataset.name))
        return reference === undefined ? options.loadInput(dataset) : store.load(dataset, reference)
      },
      save: (dataset, value) =>
        store.save(dataset, value, { runId, node: node.name, attempt }, buffer.add),
    }),
  )
}
