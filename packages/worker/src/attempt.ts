import { hash } from 'node:crypto'

import { NodeTimeoutError, PipewrightError } from '@pipewright/engine'
import {
  crashPoint,
  describeFailure,
  MetricBuffer,
  type Event,
  type Metric,
  type NodeFailure,
  type Outcome,
} from '@pipewright/engine/internal'

import type { Assignment } from './assignment.ts'
import type {
  AttemptExecution,
  AttemptObserver,
  AttemptResult,
  Isolates,
} from './isolate/isolate.ts'
import { OutcomeWriter, type OutcomeOptions } from './outcome.ts'
import type { ReusableResult } from './reusable-results.ts'

/** Metrics in one event: with the rest of an entry it stays below 8 KiB. */
const metricBytes = 3000

/** Why an attempt was stopped from outside. */
export type StopReason = 'timeout' | 'cancelled' | 'lost' | 'stopping'

/** What an attempt needs of its worker. */
export interface AttemptOptions extends OutcomeOptions {
  readonly isolates: Isolates
  readonly onLog: AttemptObserver['onLog']
  /** Milliseconds between the abort of the signal and the end of the isolate. */
  readonly grace: number
  /** True in quarantine: it runs in a child process whatever the node says, and when it ends that, it has failed for good. */
  readonly alone: boolean
  /** Hands events to the ledger before the attempt ends; resolves when it has them and all earlier ones. */
  send(events: readonly Event[]): Promise<unknown>
}

/** One attempt under way: starts the body, stops it in time, and says how it ended. */
export class Attempt {
  readonly assignment: Assignment
  readonly metrics: MetricBuffer = new MetricBuffer()
  /** True when the ledger was told that it runs. */
  noted: boolean = false
  readonly #options: AttemptOptions
  readonly #writer: OutcomeWriter
  #execution: AttemptExecution | undefined
  #stopped: StopReason | undefined
  #reason: Error | undefined
  #timers: NodeJS.Timeout[] = []

  constructor(assignment: Assignment, options: AttemptOptions) {
    this.assignment = assignment
    this.#options = options
    this.#writer = new OutcomeWriter(assignment, this.metrics, options)
  }

  /** Runs it to its end. */
  async run(): Promise<Outcome> {
    const { node, run, attempt, inputs, missing } = this.assignment
    if (this.#reason !== undefined) return this.handedBack(this.#reason)
    try {
      crashPoint('worker.begun')
      const isolation = this.#options.alone ? 'process' : node.isolation
      this.#execution = this.#options.isolates.of(isolation).execute(
        {
          runId: run.id,
          pipeline: run.pipeline,
          node: node.name,
          instance: node.name,
          attempt,
          start: hash('sha256', this.assignment.start.token).slice(0, 8),
          params: run.params,
          inputs,
          ...(missing.length === 0 ? {} : { missing }),
          given: run.given,
          runtimeParams: run.runtimeParams,
          ...(node.timeout === null ? {} : { announce: true }),
        },
        {
          onMetric: this.metrics.add,
          onLog: this.#options.onLog,
          // A timeout is about the node: what it waits for a thread does not count.
          onBegun: () => this.#limit(node.name, node.timeout),
        },
      )
      const result = await this.#execution.result
      crashPoint('worker.ended')
      return await this.#outcome(result)
    } catch (error) {
      // Isolates report failures as results, so this is a fault of the worker. Thrown on, BullMQ would take it for its own.
      return this.#writer.failed(describeFailure(error).failure, true, [])
    } finally {
      for (const timer of this.#timers) clearTimeout(timer)
    }
  }

  #limit(node: string, timeout: number | null): void {
    if (timeout === null) return
    this.#timers.push(setTimeout(() => this.stop('timeout', timedOut(node, timeout)), timeout))
  }

  /** Aborts the body, and ends its isolate when it has not stopped after the grace. Later calls change nothing. */
  stop(reason: StopReason, error: Error): void {
    if (this.#stopped !== undefined) return
    this.#stopped = reason
    this.#reason = error
    this.#execution?.abort(error)
    const timer = setTimeout(() => void this.#execution?.terminate(error), this.#options.grace)
    this.#timers.push(timer)
  }

  /** Metrics that were not sent yet, as events. */
  drain(): readonly Event[] {
    return this.metrics.drain(metricBytes).map((metrics) => this.#metricsEvent(metrics))
  }

  /** The outcome of a claim whose run is being cancelled: the body is not started. */
  cancelledBeforeStart(): Outcome {
    return this.#writer.cancelled([])
  }

  /** The outcome of a claim whose node the worker's code does not have. */
  left(): Outcome {
    return this.#writer.left()
  }

  /** The outcome of a claim for which there is a result already: the body is not started. */
  reused(result: ReusableResult): Outcome {
    return this.#writer.reused(result)
  }

  /** The outcome of a claim that is given back before its body started. */
  handedBack(reason: Error): Outcome {
    return this.#writer.released(describeFailure(reason).failure, [])
  }

  async #outcome(result: AttemptResult): Promise<Outcome> {
    const unsent = await this.#unsent()
    if (result.type !== 'lost') this.#writer.read(result.reads)
    if (result.type === 'succeeded') return this.#writer.succeeded(result, unsent)
    const stopped = this.#stopped === undefined ? undefined : describeFailure(this.#reason).failure
    if (stopped !== undefined) {
      if (this.#stopped === 'cancelled') return this.#writer.cancelled(unsent, stopped)
      if (this.#stopped === 'timeout') return this.#writer.failed(stopped, true, unsent)
      return this.#writer.released(stopped, unsent)
    }
    if (result.type === 'lost') {
      return this.#writer.released(result.reason, unsent)
    }
    const crashed = result.failure.code === 'ISOLATE_CRASHED' && result.unstarted !== true
    if (this.#options.alone && crashed) {
      return this.#writer.failed(poisoned(this.assignment.node.name, result.failure), false, unsent)
    }
    return this.#writer.failed(result.failure, result.retryable, unsent)
  }

  /** Sends all batches of metrics but the last, which travels with the record. */
  async #unsent(): Promise<readonly Metric[]> {
    const batches = this.metrics.drain(metricBytes)
    const early = batches.slice(0, -1).map((metrics) => this.#metricsEvent(metrics))
    if (early.length > 0 || this.noted) await this.#options.send(early)
    return batches.at(-1) ?? []
  }

  #metricsEvent(metrics: readonly Metric[]): Event {
    const { run, node, index, attempt } = this.assignment
    return { type: 'node_metrics', run: run.id, node: node.name, index, attempt, metrics }
  }
}

/** Workers were lost while they ran it, and alone it ended its process: nothing else can be the cause. */
function poisoned(node: string, { message, stack }: NodeFailure): NodeFailure {
  return {
    code: 'NODE_POISONED',
    message: `Workers were lost while they ran node "${node}", so it ran alone, and: ${message}`,
    hint: 'Look for what ends its process: memory, native code, process.exit. It is not tried again.',
    ...(stack === undefined ? {} : { stack }),
  }
}

function timedOut(node: string, limit: number): PipewrightError {
  return new NodeTimeoutError(`Node "${node}" ran longer than its timeout of ${limit} ms.`, {
    hint: 'Raise its timeout, or make it heed context.signal and work in smaller parts.',
  })
}
