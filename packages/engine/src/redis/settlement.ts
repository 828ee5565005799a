import { pack } from 'msgpackr'

import type { DatasetReference } from '../run/dataset-reference.ts'
import { elementRecordOf } from '../run/element-record.ts'
import type { NodeFinished, NodeRetrying } from '../run/event.ts'
import { elementText } from './element-text.ts'

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
      /** Of a branch: indexes of the dependents that it has not chosen. They are skipped, whatever their trigger is. */
      readonly declined?: readonly number[] | undefined
    }
  | {
      /** A map's elements are known: they run, and when they have ended, the node is released once more to collect. */
      readonly type: 'expanded'
      /** Observers are told by the script. */
      readonly event?: undefined
      /** More than 0: a map of nothing ends at once. */
      readonly elements: number
      /** Elements that are released and not ended, at most. */
      readonly window: number
      /** With more failed elements than this the others are not begun. */
      readonly mostFailed: number
      /** Whether observers are told of each element; else of the progress. */
      readonly told: boolean
      /** For whoever runs the elements: `readMap` gives it back. Default: empty. */
      readonly source?: string | undefined
      /** Token under which `Ledger.keepElements` wrote records of elements that need not run. Default: none. */
      readonly kept?: string | undefined
      /** The collecting job: the next generation, and the attempt's own number. */
      readonly next: NextGeneration
      /** Its record in case the run is being cancelled, now or while its elements run. */
      readonly cancelled: NodeFinished
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

type Ended = Extract<Outcome, { type: 'ended' }>

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
  /** Of an element of a map: its number. Its outputs are kept in its own record; nothing follows on it. */
  readonly element?: number | undefined
}

/** The arguments of `settle.lua` that tell the outcome: name, event or record of an element, details. */
export function outcomeArguments(
  outcome: Outcome,
  isElement: boolean = false,
): readonly [string, string, Buffer] {
  if (outcome.type === 'ended') {
    const { record } = outcome
    const text = JSON.stringify(record)
    if (isElement) return [record.status, textOfElement(outcome), pack([text])]
    if (record.status === 'failed') return [record.status, text, pack([failureText(record)])]
    const { declined } = outcome
    const details = keptDetails(outcome)
    return [record.status, text, pack(declined === undefined ? details : [...details, declined])]
  }
  const { cancelled } = outcome
  const told = JSON.stringify(cancelled)
  const instead = isElement ? textOfElement({ record: cancelled, outputs: [] }) : told
  const details = [waitOf(outcome), ...nextArguments(outcome.next), instead]
  if (outcome.type === 'expanded') {
    const { elements, window, mostFailed, source = '', kept = '' } = outcome
    details.push('', elements, window, mostFailed, outcome.told ? 1 : 0, source, kept)
  } else {
    details.push(outcome.shown, told)
  }
  const event = outcome.event === undefined ? '' : JSON.stringify(outcome.event)
  return [outcome.type, event, pack(details)]
}

/** What the ledger keeps beside a record of success: of each output dataset, reference, mark; of each checkpoint the like. */
export function keptDetails({
  outputs,
  checkpoints = {},
}: Pick<Ended, 'outputs' | 'checkpoints'>): readonly string[] {
  return [
    ...outputs.flatMap(({ reference, publish }) => [
      reference.dataset,
      JSON.stringify(reference),
      publish ? '1' : '',
    ]),
    ...Object.entries(checkpoints).flatMap(([dataset, last]) => [dataset, last, 'checkpoint']),
  ]
}

/** What the ledger keeps of an element. */
function textOfElement({ record, outputs }: Pick<Ended, 'record' | 'outputs'>): string {
  const references = outputs.map(({ reference }) => reference)
  return elementText(elementRecordOf(record, references))
}

/** A hundred years in milliseconds: when the timer of a node run is due that was left. */
const never = 100 * 365 * 86_400_000

/** Whether a timer is that of a node run that was left: nothing else waits so long. */
export function isLeft(dueAt: number, now: number): boolean {
  return dueAt - now > never / 2
}

function waitOf(outcome: Exclude<Outcome, Ended>): number {
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
