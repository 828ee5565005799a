import { pack } from 'msgpackr'

import type { DatasetReference } from '../run/dataset-reference.ts'
import type { NodeFinished, NodeRetrying } from '../run/event.ts'

/** An output to keep, and where it is to be published. */
export interface KeptOutput {
  readonly reference: DatasetReference
  /** True when the catalog lists the dataset: after the commit it is written to its path. */
  readonly publish: boolean
}

/** A released node run, to be put into a queue again. */
export interface NextGeneration {
  readonly generation: number
  readonly base: number
  readonly failures: number
  readonly name: string
  readonly queue: string
}

/** How an attempt ends: what the worker tells the ledger. */
export type Outcome =
  | {
      readonly type: 'ended'
      readonly record: NodeFinished
      readonly outputs: readonly KeptOutput[]
      /** Last partitions that were read of incremental datasets, by dataset: their checkpoints once the run has succeeded. */
      readonly checkpoints?: Readonly<Record<string, string>>
    }
  | {
      readonly type: 'retry'
      readonly event: NodeRetrying
      readonly delay: number
      readonly next: NextGeneration
      /** Its record in case the run is being cancelled. */
      readonly cancelled: NodeFinished
      /** What `client.runs` shows until it is tried again. */
      readonly shown: string
    }
  | {
      readonly type: 'release'
      readonly event: NodeRetrying
      readonly next: NextGeneration
      readonly cancelled: NodeFinished
      readonly shown: string
    }
  | {
      /** The worker's code does not have the node: it waits for a worker whose code has it. */
      readonly type: 'leave'
      /** Observers are told nothing. */
      readonly event?: undefined
      readonly next: NextGeneration
      readonly cancelled: NodeFinished
      readonly shown: string
    }

/** What the ledger needs beside the outcome. */
export interface Settlement {
  readonly run: string
  readonly index: number
  /** Hash of the plan. */
  readonly plan: string
  /** Number of nodes of the plan. */
  readonly total: number
  /** Chunks of the node's edges. */
  readonly chunks: number
  readonly outcome: Outcome
  /** True when the ledger may show something of the running node: it was noted, or tried before. */
  readonly shown: boolean
  /** The lane by which the node was admitted; empty for none. */
  readonly lane: string
}

/** The arguments of `settle.lua` that tell the outcome: name, event, details. */
export function outcomeArguments(outcome: Outcome): readonly [string, string, Buffer] {
  if (outcome.type === 'ended') {
    const details = outcome.outputs.flatMap(({ reference, publish }) => [
      reference.dataset,
      JSON.stringify(reference),
      publish ? '1' : '',
    ])
    for (const [dataset, last] of Object.entries(outcome.checkpoints ?? {}))
      details.push(dataset, last, 'checkpoint')
    const { record } = outcome
    const reasons = record.status === 'failed' ? [failureText(record)] : details
    return [record.status, JSON.stringify(record), pack(reasons)]
  }
  const details = [
    waitOf(outcome),
    ...nextArguments(outcome.next),
    JSON.stringify(outcome.cancelled),
    outcome.shown,
  ]
  const event = outcome.event === undefined ? '' : JSON.stringify(outcome.event)
  return [outcome.type, event, pack(details)]
}

/** A hundred years in milliseconds: when the timer of a node run is due that was left. */
const never = 100 * 365 * 86_400_000

/** Whether a timer is that of a node run that was left: nothing else waits so long. */
export function isLeft(dueAt: number, now: number): boolean {
  return dueAt - now > never / 2
}

function waitOf(outcome: Exclude<Outcome, { type: 'ended' }>): number {
  if (outcome.type === 'leave') return never
  return outcome.type === 'retry' ? Math.max(1, outcome.delay) : 0
}

/** What the run shows as its error. */
function failureText({ node, error }: NodeFinished): string {
  const what = error === undefined ? '' : `: ${error.code}: ${error.message.slice(0, 500)}`
  return `Node "${node}" failed${what}`
}

function nextArguments(next: NextGeneration): readonly (string | number)[] {
  return [next.generation, next.base, next.failures, next.name, next.queue]
}
