import type { Amounts } from '../../definition/resources.ts'
import type { NodeFailure } from '../../run/node-failure.ts'

/** Why an attempt failed, in brief. */
export type BriefFailure = Pick<NodeFailure, 'code' | 'message'>

/** A worker as a reason names it. */
export interface NamedWorker {
  readonly name: string
  /** Undefined when it has not been heard of: it never beat, or was gone for an hour. */
  readonly host?: string | undefined
  readonly pid?: number | undefined
  readonly beatAt?: number | undefined
  /** True when it is known and has not beaten for 10 s. */
  readonly lost: boolean
}

/** Where a node run waits whose inputs are all there. */
export interface Place {
  /** `queue`: BullMQ's; `ready`: the run's ready list, from which queues are topped up. */
  readonly list: 'queue' | 'ready'
  /** 1 for the next. Undefined where it is too far back to be looked for. */
  readonly position?: number | undefined
  /** How many wait in the list. */
  readonly length: number
  /** Runs whose turn comes before, in a ready list. */
  readonly runsAhead?: number | undefined
}

/** What all reasons share that hold up a node run in its queue. */
interface InQueue {
  readonly queue: string
  readonly place: Place
  /** Workers that were lost while they ran it. */
  readonly losses: number
}

/** The node run has ended. */
export interface EndedReason {
  readonly kind: 'ended'
  readonly status: 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'reused'
  readonly attempt: number
  readonly endedAt: number
  readonly worker?: string | undefined
  readonly error?: BriefFailure | undefined
  /** The failed node for which it was skipped. */
  readonly because?: string | undefined
}

/** A committed dataset that does not lie at its catalog path yet. */
export interface OwedPublication {
  readonly node: string
  readonly dataset: string
  /** Time of the commit. */
  readonly since: number
  readonly path?: string | undefined
  /** Why the last try failed. */
  readonly problem?: string | undefined
  readonly triedAt?: number | undefined
}

/** The node run has succeeded, and its run waits until its datasets are published. */
export interface PublicationReason {
  readonly kind: 'publication'
  readonly publications: readonly OwedPublication[]
  readonly count: number
  /** Workers that are alive. */
  readonly workers: number
}

/** A worker runs it, or did when it was lost. */
export interface RunningReason {
  readonly kind: 'running'
  readonly queue: string
  readonly attempt: number
  readonly startedAt: number
  readonly worker: NamedWorker
  /** When the claim ends unless it is renewed; null when it has run out. */
  readonly leaseUntil: number | null
  /** Milliseconds between two looks for lost workers. */
  readonly checkEvery: number
  /** Living workers that serve the queue. */
  readonly workers: number
  readonly losses: number
  /** True in quarantine. */
  readonly alone: boolean
  readonly cancelling: boolean
}

/** Inputs are not there yet. */
export interface InputsReason {
  readonly kind: 'inputs'
  /** The first of them. */
  readonly missing: readonly { readonly dataset: string; readonly node: string }[]
  readonly count: number
  /** From the node that makes a missing input to the one at which it all hangs: at most ten, the last is the cause. */
  readonly chain: readonly string[]
  readonly chainLength: number
  /** What the chain ends at, and why that one is not done. */
  readonly cause: { readonly node: string; readonly reason: RootReason }
}

/** A node that it depends on did not succeed: it is about to end as skipped. */
export interface SkippingReason {
  readonly kind: 'skipping'
  readonly because: string
  readonly workers: number
}

/** Its run is being cancelled: it is about to end as cancelled. */
export interface CancellingReason {
  readonly kind: 'cancelling'
  readonly workers: number
}

/** An attempt failed, and the next one waits for its time. */
export interface RetryReason {
  readonly kind: 'retry'
  readonly dueAt: number
  /** The next one. */
  readonly attempt: number
  readonly failures: number
  readonly retries: number
  readonly error?: BriefFailure | undefined
  readonly workers: number
}

/** Its queue is paused. */
export interface PausedReason extends InQueue {
  readonly kind: 'paused'
}

/** No living worker serves its queue. */
export interface NoWorkerReason extends InQueue {
  readonly kind: 'no-worker'
  /** Queues that living workers serve. */
  readonly served: readonly { readonly queue: string; readonly workers: number }[]
  /** Workers of the queue that were lost within the last hour. */
  readonly lost: readonly NamedWorker[]
  /** Living workers that would serve it and claim nothing. */
  readonly refused: readonly RefusedWorker[]
}

/** A living worker that claims nothing. */
export interface RefusedWorker {
  readonly worker: NamedWorker
  /** Why. */
  readonly problem: BriefFailure & { readonly hint?: string | undefined }
}

/** Its queue's own limit of jobs at a time is reached. */
export interface LimitReason extends InQueue {
  readonly kind: 'limit'
  readonly limit: number
  readonly running: number
}

/** All slots of the workers of its queue are taken. */
export interface BusyReason extends InQueue {
  readonly kind: 'busy'
  readonly slots: number
  readonly running: number
  readonly workers: number
  /** By what: the runs with the most of them first. */
  readonly by: readonly { readonly run: string; readonly nodes: number; readonly example: string }[]
}

/** It waits in quarantine, where one node runs at a time. */
export interface QuarantineReason extends InQueue {
  readonly kind: 'quarantine'
  /** What runs there: `run/node`. */
  readonly running: readonly string[]
  readonly workers: number
}

/** As many of the node's runs as may be at a time have been admitted, of all runs of the pipeline together. */
export interface NodeLimitReason extends InQueue {
  readonly kind: 'node-limit'
  readonly limit: number
  /** Which have: `run/node`, the first five. */
  readonly running: readonly string[]
}

/** No living worker of its queue offers the resources that it needs. */
export interface NoResourcesReason extends InQueue {
  readonly kind: 'no-resources'
  readonly need: Amounts
  /** What the workers of the queue offer. */
  readonly offers: readonly { readonly worker: string; readonly resources: Amounts }[]
}

/** A worker of the queue, and whether its code has the pipeline of a run. */
export interface WorkerCode {
  readonly worker: NamedWorker
  /** `same`: as the run needs it; `other`: another version of it; `none`: no pipeline of that name; `any`: it takes whatever comes. */
  readonly has: 'same' | 'other' | 'none' | 'any'
}

/** Workers have come upon it whose code does not have the node as the run needs it, and left it alone. */
export interface NoCodeReason {
  readonly kind: 'no-code'
  readonly queue: string
  /** When it was left last. */
  readonly since: number
  readonly pipeline: string
  /** Hash of the run's plan. */
  readonly plan: string
  /** Living workers of the queue: those first that have the code, at most five. */
  readonly workers: readonly WorkerCode[]
  /** How many there are. */
  readonly serving: number
}

/** A worker has room for it: it is about to start. */
export interface QueuedReason extends InQueue {
  readonly kind: 'queued'
  readonly workers: number
}

/** A node with very many dependents has succeeded, or the run has very many roots: workers follow the edges in parts. */
export interface BacklogReason {
  readonly kind: 'backlog'
  /** 1 for the part that is followed next. */
  readonly position: number
  readonly length: number
  readonly workers: number
}

/** Its run begins later. */
export interface DelayedReason {
  readonly kind: 'delayed'
  readonly startAt: number
  readonly workers: number
}

/** What runs share that wait before they begin. */
interface InLine {
  /** 1 for the next. */
  readonly position: number
  /** Runs that wait for the same. */
  readonly waiting: number
  readonly workers: number
}

/** As many runs go on as may. */
export interface RunLimitReason extends InLine {
  readonly kind: 'run-limit'
  /** `pipeline/<name>` or `key/<pipeline>/<key>`. */
  readonly what: string
  readonly limit: number
  readonly running: number
  /** Some of those that go on. */
  readonly runs: readonly string[]
}

/** Its pipeline is paused. */
export interface PipelinePausedReason extends InLine {
  readonly kind: 'pipeline-paused'
}

/** Its run was not submitted whole: an error of Redis cut it. */
export interface UnsubmittedReason {
  readonly kind: 'unsubmitted'
}

/** It is in no queue, list or timer: an operator or a server that lost writes removed it. */
export interface VanishedReason {
  readonly kind: 'vanished'
  readonly workers: number
}

/** Why a node run is where it is, with everything that one needs to know about it. Times are ms since 1970. */
export type NodeReason =
  | EndedReason
  | PublicationReason
  | RunningReason
  | InputsReason
  | SkippingReason
  | CancellingReason
  | RetryReason
  | PausedReason
  | NoWorkerReason
  | LimitReason
  | BusyReason
  | QuarantineReason
  | NodeLimitReason
  | NoResourcesReason
  | NoCodeReason
  | QueuedReason
  | BacklogReason
  | PendingReason
  | VanishedReason

/** Why a run has not begun. */
export type PendingReason =
  | DelayedReason
  | RunLimitReason
  | PipelinePausedReason
  | UnsubmittedReason

/** What may be at the root of a node's waiting. */
export type RootReason = Exclude<NodeReason, InputsReason>

/** Reasons of node runs that a queue holds up. */
export type QueueReason = Extract<NodeReason, InQueue>

/** All kinds of reasons of a node run: what needs a person first comes first, what others wait for before the waiting. */
export const reasonKinds: readonly NodeReason['kind'][] = [
  'no-worker',
  'no-code',
  'no-resources',
  'pipeline-paused',
  'paused',
  'vanished',
  'unsubmitted',
  'quarantine',
  'publication',
  'run-limit',
  'limit',
  'node-limit',
  'delayed',
  'retry',
  'busy',
  'running',
  'queued',
  'backlog',
  'cancelling',
  'skipping',
  'inputs',
  'ended',
]

/** A reason in words, and what one can do about it. */
export interface ReasonText {
  readonly text: string
  /** Undefined when there is nothing to do. */
  readonly todo?: string | undefined
}
