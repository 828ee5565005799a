import {
  declinedBy,
  fitReads,
  maskAll,
  retryDelay,
  type CatalogRead,
  type DatasetReference,
  type KeptOutput,
  type Metric,
  type MetricBuffer,
  type NextGeneration,
  type NodeFailure,
  type NodeFinished,
  type NodeRetrying,
  type Outcome,
} from '@pipewright/engine/internal'

import type { Assignment } from './assignment.ts'
import type { AttemptResult } from './isolate/isolate.ts'
import type { ReusableResult, ReuseBasis } from './reusable-results.ts'

/** What outcomes tell of the worker. */
export interface OutcomeOptions {
  readonly worker: string
  /** Fingerprint of the node's code. */
  readonly code: string | undefined
  readonly isPublished: (dataset: string) => boolean
  /** Of a node run whose result others may take, or that takes one itself: what it is made from. */
  readonly basis?: ReuseBasis | undefined
}

/** Makes the outcomes of an attempt, with everything that the ledger and the outbox keep of it. */
export class OutcomeWriter {
  readonly #assignment: Assignment
  readonly #worker: string
  readonly #metrics: MetricBuffer
  readonly #isPublished: (dataset: string) => boolean
  readonly #code: string | undefined
  readonly #basis: ReuseBasis | undefined
  #reads: readonly CatalogRead[] | undefined

  constructor(
    assignment: Assignment,
    metrics: MetricBuffer,
    { worker, code, isPublished, basis }: OutcomeOptions,
  ) {
    this.#assignment = assignment
    this.#worker = worker
    this.#metrics = metrics
    this.#isPublished = isPublished
    this.#code = code
    this.#basis = basis
  }

  /** Tells what the attempt read from the catalog, before its outcome is made. */
  read(reads: readonly CatalogRead[] | undefined): void {
    this.#reads = fitReads(reads ?? [])
  }

  succeeded(
    { outputs, checkpoints, choice }: Extract<AttemptResult, { type: 'succeeded' }>,
    unsent: readonly Metric[],
  ): Outcome {
    const kept: readonly KeptOutput[] = outputs.map((reference) => ({
      reference,
      publish: this.#isPublished(reference.dataset),
    }))
    const fingerprint = this.#fingerprint()
    const record = {
      ...this.#record('succeeded', unsent, outputs),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(choice === undefined ? {} : { choice }),
    }
    return {
      type: 'ended',
      record,
      outputs: kept,
      ...(checkpoints && { checkpoints }),
      ...this.#declined(choice),
    }
  }

  /** The attempt takes what an earlier node run has committed. */
  reused({ record: earlier, outputs }: ReusableResult): Outcome {
    const { run, node, endedAt, finalMetrics, reads, code, choice } = earlier
    const now = Date.now()
    const metrics = Object.entries(finalMetrics).map(
      ([key, value]) => [key, value, 0, now] as const,
    )
    const fingerprint = this.#basis?.fingerprint
    const record: NodeFinished = {
      ...this.#record('reused', metrics, outputs),
      finalMetrics,
      origin: earlier.origin ?? { run, node, endedAt },
      ...(reads === undefined ? {} : { reads }),
      ...(code === undefined ? {} : { code }),
      ...(choice === undefined ? {} : { choice }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    }
    const kept = outputs.map((reference) => ({
      reference,
      publish: this.#isPublished(reference.dataset),
    }))
    return { type: 'ended', record, outputs: kept, ...this.#declined(choice) }
  }

  /** Of a branch: dependents that it has not chosen. */
  #declined(choice: readonly string[] | undefined): { readonly declined?: readonly number[] } {
    const declined = [...declinedBy(this.#assignment.node, choice)]
    return declined.length === 0 ? {} : { declined }
  }

  /** Left out where it has read another content than it was claimed with. */
  #fingerprint(): string | undefined {
    const { fingerprint, contents } = this.#basis ?? {}
    const reads = this.#reads ?? []
    const isAsClaimed =
      reads.length === contents?.size &&
      reads.every(({ dataset, sha256 }) => contents.get(dataset) === sha256)
    return isAsClaimed ? fingerprint : undefined
  }

  /** The attempt failed: another one is due when the node has retries left. */
  failed(failure: NodeFailure, retryable: boolean, unsent: readonly Metric[]): Outcome {
    const { node, failures, generation, attempt, queue } = this.#assignment
    if (!retryable || failures >= node.retry.retries) {
      return { type: 'ended', record: this.#record('failed', unsent, [], failure), outputs: [] }
    }
    const delay = retryDelay(node.retry, failures + 1)
    const event = this.#retrying(unsent, failure, delay)
    const next = {
      generation: generation + 1,
      base: attempt,
      failures: failures + 1,
      name: node.name,
      queue,
    }
    const cancelled = this.#record('cancelled', unsent, [], failure)
    return { type: 'retry', event, delay, next, cancelled, shown: waiting(event, next) }
  }

  cancelled(unsent: readonly Metric[], failure?: NodeFailure): Outcome {
    return { type: 'ended', record: this.#record('cancelled', unsent, [], failure), outputs: [] }
  }

  /** The attempt is handed back: it spends no retry. */
  released(failure: NodeFailure, unsent: readonly Metric[]): Outcome {
    const { node, failures, generation, attempt, queue } = this.#assignment
    const event = this.#retrying(unsent, failure, 0)
    const next = {
      generation: generation + 1,
      base: attempt,
      failures,
      name: node.name,
      queue,
    }
    const cancelled = this.#record('cancelled', unsent, [], failure)
    return { type: 'release', event, next, cancelled, shown: waiting(event, next) }
  }

  /** The worker's code does not have the node: no attempt of it, so the next one has the number of this. */
  left(): Outcome {
    const { node, failures, generation, attempt, queue } = this.#assignment
    const next = {
      generation: generation + 1,
      base: attempt - 1,
      failures,
      name: node.name,
      queue,
    }
    const { base } = next
    const shown = { generation: next.generation, base, failures, status: 'pending', attempt: base }
    const cancelled = this.#record('cancelled', [], [])
    return { type: 'leave', next, cancelled, shown: JSON.stringify(shown) }
  }

  #retrying(unsent: readonly Metric[], error: NodeFailure, delay: number): NodeRetrying {
    const ended = this.#ended(unsent)
    return { type: 'node_retrying', ...ended, dueAt: ended.endedAt + delay, error: masked(error) }
  }

  #record(
    status: NodeFinished['status'],
    unsent: readonly Metric[],
    outputs: readonly DatasetReference[],
    error?: NodeFailure,
  ): NodeFinished {
    return {
      type: 'node_finished',
      ...this.#ended(unsent),
      status,
      outputs: outputs.map(
        ({ inline: _inline, schema: _schema, profile: _profile, ...reference }) => reference,
      ),
      finalMetrics: this.#metrics.finalMetrics,
      ...(error === undefined ? {} : { error: masked(error) }),
    }
  }

  #ended(
    metrics: readonly Metric[],
  ): Omit<NodeFinished, 'type' | 'status' | 'outputs' | 'finalMetrics'> {
    const { run, node, index, attempt, startedAt, began } = this.#assignment
    return {
      run: run.id,
      node: node.name,
      index,
      attempt,
      startedAt,
      // By a clock that does not jump, so that no attempt ends before it began.
      endedAt: startedAt + Math.round(performance.now() - began),
      worker: this.#worker,
      metrics,
      ...(this.#reads === undefined ? {} : { reads: this.#reads }),
      ...(this.#code === undefined ? {} : { code: this.#code }),
    }
  }
}

/** What the ledger shows of a node that waits for its next attempt: the failure without its stack. */
function waiting(
  { attempt, dueAt, error }: NodeRetrying,
  { generation, base, failures }: NextGeneration,
): string {
  const { code, message } = error
  const brief = { code, message: message.slice(0, 500) }
  return JSON.stringify({
    generation,
    base,
    failures,
    status: 'pending',
    attempt,
    dueAt,
    error: brief,
  })
}
/** Of an isolate that crashed nobody inside has masked what it printed. */
function masked(failure: NodeFailure): NodeFailure {
  // Texts become texts.
  return maskAll(failure) as NodeFailure
}
