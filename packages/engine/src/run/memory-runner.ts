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
import { declinedBy, nextStep, type EndedProducer } from '../plan/next-step.ts'
import type { Plan, PlanNode } from '../plan/plan.ts'
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
  const runs = new Map<number, MemoryNodeRun>()
  const ended = new Map<number, EndedProducer>()
  const begun = new Set<number>()
  return new Promise((resolve, reject) => {
    const start = (index: number): void => {
      // The plan was compiled from these nodes.
      const node = declared.get(plan.nodes[index]?.name ?? '') as AnyNode
      const ran = async (): Promise<void> => {
        const { choice, ...run } = await runAttempts(options, node, references)
        end(index, run, declinedBy(plan.nodes[index] as PlanNode, choice))
      }
      ran().catch(reject)
    }
    const end = (index: number, run: MemoryNodeRun, declined: ReadonlySet<number>): void => {
      runs.set(index, run)
      ended.set(index, { hasSucceeded: run.status === 'succeeded', declined })
      for (const dependent of plan.nodes[index]?.dependents ?? []) look(dependent)
      // Each node is in the map when all are: the plan's order is the report's.
      if (runs.size === plan.nodes.length) {
        resolve(plan.nodes.map((_, place) => runs.get(place) as MemoryNodeRun))
      }
    }
    const look = (index: number): void => {
      const node = plan.nodes[index]
      if (node === undefined || begun.has(index)) return
      const step = nextStep(node, index, (producer) => ended.get(producer))
      if (step === 'wait') return
      begun.add(index)
      if (step === 'start') start(index)
      else end(index, skipped(node.name), new Set())
    }
    for (const index of plan.nodes.keys()) look(index)
  })
}

function skipped(name: string): MemoryNodeRun {
  return { name, status: 'skipped', attempts: 0, metrics: [], error: undefined }
}

/** A node run, and what it chose where it is a branch. */
type EndedAttempts = MemoryNodeRun & { readonly choice?: readonly string[] | undefined }

async function runAttempts(
  options: MemoryRunOptions,
  node: AnyNode,
  references: Map<string, DatasetReference>,
): Promise<EndedAttempts> {
  const { name } = node
  let choice: readonly string[] | undefined
  const onChoice = (made: readonly string[]): void => {
    choice = made
  }
  for (let attempt = 1; ; attempt++) {
    const buffer = new MetricBuffer()
    try {
      // Attempts follow one another.
      // oxlint-disable-next-line no-await-in-loop
      const saved = await runAttempt(options, node, { attempt, references, buffer, onChoice })
      for (const reference of saved) {
        references.set(reference.dataset, reference)
        // For nodes that read another variant.
        references.set(datasetOf(reference.dataset), reference)
      }
      const metrics = buffer.drain(Infinity).flat()
      return { name, status: 'succeeded', attempts: attempt, metrics, error: undefined, choice }
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

/** One attempt, and where it leaves what it comes to. */
interface MemoryAttempt {
  readonly attempt: number
  readonly references: ReadonlyMap<string, DatasetReference>
  readonly buffer: MetricBuffer
  readonly onChoice: (choice: readonly string[]) => void
}

function runAttempt(
  options: MemoryRunOptions,
  node: AnyNode,
  { attempt, references, buffer, onChoice }: MemoryAttempt,
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
      onChoice,
      load: (dataset) => {
        const reference = references.get(dataset.name) ?? references.get(datasetOf(dataset.name))
        if (reference !== undefined) return store.load(dataset, reference)
        // Its node has not succeeded, which the trigger allows.
        if (node.trigger !== undefined && isMade(options.pipeline, dataset)) return undefined
        return options.loadInput(dataset)
      },
      save: (dataset, value) =>
        store.save(dataset, value, { runId, node: node.name, attempt }, buffer.add),
    }),
  )
}

function isMade({ nodes }: Pipeline, { name }: Dataset): boolean {
  return nodes.some(({ outputs }) =>
    Object.values(outputs).some((output) => datasetOf(output.name) === datasetOf(name)),
  )
}
