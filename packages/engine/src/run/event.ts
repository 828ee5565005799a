import * as z from 'zod'

import { CatalogRead } from './catalog-read.ts'
import { DatasetReference } from './dataset-reference.ts'
import { Metric } from './metric.ts'
import { NodeFailure } from './node-failure.ts'

/**
 * Transitions as the outbox stream carries them: exactly one entry each, JSON in the field `e`, at most 8 KiB.
 * Times are ms since 1970. References of outputs come without their inline values and summaries: the ledger has those.
 */

const node = {
  run: z.string(),
  node: z.string(),
  index: z.int(),
  attempt: z.int(),
  element: z.int().nonnegative().optional(),
}
const attempt = {
  startedAt: z.number(),
  endedAt: z.number(),
  worker: z.string(),
  /** Only metrics that were not sent before in a `node_metrics` event. */
  metrics: z.array(Metric),
  /** What it read from the catalog; undefined when nothing, or when it is not known. */
  reads: z.array(CatalogRead).optional(),
  code: z.string().optional(),
}

/** A run was submitted; nothing has run yet. */
export interface RunCreated {
  readonly type: 'run_created'
  readonly run: string
  readonly pipeline: string
  /** Hash of the plan. */
  readonly plan: string
  readonly at: number
}
export const RunCreated: z.ZodType<RunCreated> = z.object({
  type: z.literal('run_created'),
  run: z.string(),
  pipeline: z.string(),
  plan: z.string(),
  at: z.number(),
})

/** A run reached its end: no node of it will run any more and its datasets are published. */
export interface RunFinished {
  readonly type: 'run_finished'
  readonly run: string
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  readonly at: number
}
export const RunFinished: z.ZodType<RunFinished> = z.object({
  type: z.literal('run_finished'),
  run: z.string(),
  status: z.enum(['succeeded', 'failed', 'cancelled']),
  at: z.number(),
})

/** An attempt has been running for 250 ms. Shorter ones do not say so. */
export interface NodeStarted {
  readonly type: 'node_started'
  readonly run: string
  readonly node: string
  readonly index: number
  readonly attempt: number
  /** When the attempt began, not when this was said: it becomes the start time of the MLflow run. */
  readonly at: number
  readonly worker: string
  /** Of an element of a map: its number. The same in the other events of attempts. */
  readonly element?: number | undefined
}
export const NodeStarted: z.ZodType<NodeStarted> = z.object({
  type: z.literal('node_started'),
  ...node,
  at: z.number(),
  worker: z.string(),
})

/** Metrics of a running attempt, sent each second while there are any. */
export interface NodeMetrics {
  readonly type: 'node_metrics'
  readonly run: string
  readonly node: string
  readonly index: number
  readonly attempt: number
  readonly metrics: readonly Metric[]
  readonly element?: number | undefined
}
export const NodeMetrics: z.ZodType<NodeMetrics> = z.object({
  type: z.literal('node_metrics'),
  ...node,
  metrics: z.array(Metric),
})

/** What every ended attempt tells. */
export interface EndedAttempt {
  readonly run: string
  /** Instance of the node, such as `train` or `score[17]`. */
  readonly node: string
  readonly index: number
  readonly element?: number | undefined
  /** 1 for the first. 0 when the node never started (skipped, cancelled while pending). */
  readonly attempt: number
  readonly startedAt: number
  readonly endedAt: number
  /** Name of the worker; empty when the node never started. */
  readonly worker: string
  readonly metrics: readonly Metric[]
  /** What it read from the catalog, as far as there is room: see `fitReads`. Undefined when nothing. */
  readonly reads?: readonly CatalogRead[] | undefined
  /** Fingerprint of the node's code in the worker that ran it: 16 hex digits. Undefined where it is not known. */
  readonly code?: string | undefined
}

/** An attempt failed and another one is due. */
export interface NodeRetrying extends EndedAttempt {
  readonly type: 'node_retrying'
  readonly dueAt: number
  readonly error: NodeFailure
}
export const NodeRetrying: z.ZodType<NodeRetrying> = z.object({
  type: z.literal('node_retrying'),
  ...node,
  ...attempt,
  dueAt: z.number(),
  error: NodeFailure,
})

/** A worker was lost while it ran the node; the node run is handed to another worker. */
export interface NodeLost {
  readonly type: 'node_lost'
  readonly run: string
  readonly node: string
  readonly index: number
  readonly attempt: number
  readonly losses: number
  readonly at: number
  readonly element?: number | undefined
}
export const NodeLost: z.ZodType<NodeLost> = z.object({
  type: z.literal('node_lost'),
  ...node,
  losses: z.int(),
  at: z.number(),
})

/** A node run reached its end. This is also the record of the node run that the ledger keeps. */
export interface NodeFinished extends EndedAttempt {
  readonly type: 'node_finished'
  readonly status: 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'reused'
  readonly outputs: readonly DatasetReference[]
  /** Last value of each metric of this attempt, whenever it was sent. */
  readonly finalMetrics: Readonly<Record<string, Metric[1]>>
  readonly error?: NodeFailure | undefined
  /** Of what the result depends on, where it may be reused: code, params, inputs, outputs. */
  readonly fingerprint?: string | undefined
  /** Of a reused one: whose result it is. */
  readonly origin?: Origin | undefined
  /** Why it was skipped. */
  readonly reason?: string | undefined
  /** What a branch chose. */
  readonly choice?: readonly string[] | undefined
  /** What became of the elements of a map. */
  readonly elements?: ElementSummary | undefined
}

/** The node run whose result was reused. */
export interface Origin {
  readonly run: string
  readonly node: string
  readonly endedAt: number
}
const Origin: z.ZodType<Origin> = z.object({
  run: z.string(),
  node: z.string(),
  endedAt: z.number(),
})

/** The elements of a map in short. Times are ms that their last attempts took; left out when none ran. */
export interface ElementSummary {
  readonly count: number
  readonly failed: number
  readonly p50?: number | undefined
  readonly p95?: number | undefined
}
const ElementSummary: z.ZodType<ElementSummary> = z.object({
  count: z.int(),
  failed: z.int(),
  p50: z.number().optional(),
  p95: z.number().optional(),
})

export const NodeFinished: z.ZodType<NodeFinished> = z.object({
  type: z.literal('node_finished'),
  ...node,
  ...attempt,
  status: z.enum(['succeeded', 'failed', 'skipped', 'cancelled', 'reused']),
  outputs: z.array(DatasetReference),
  finalMetrics: z.record(
    z.string(),
    z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])]),
  ),
  error: NodeFailure.optional(),
  fingerprint: z.string().optional(),
  origin: Origin.optional(),
  reason: z.string().optional(),
  choice: z.array(z.string()).optional(),
  elements: ElementSummary.optional(),
})

/**
 * How far a map is whose elements are too many to be told of one by one: about a hundred times, when it begins and as they
 * end. A hint: after an error of Redis one may be missing.
 */
export interface MapProgress {
  readonly type: 'map_progress'
  readonly run: string
  readonly node: string
  readonly index: number
  readonly total: number
  readonly ended: number
  readonly failed: number
  readonly at: number
}
export const MapProgress: z.ZodType<MapProgress> = z.object({
  type: z.literal('map_progress'),
  run: z.string(),
  node: z.string(),
  index: z.int(),
  total: z.int(),
  ended: z.int(),
  failed: z.int(),
  at: z.number(),
})

/** Every entry of the outbox. */
export type Event =
  | RunCreated
  | RunFinished
  | NodeStarted
  | NodeMetrics
  | NodeRetrying
  | NodeLost
  | NodeFinished
  | MapProgress

export const Event: z.ZodType<Event> = z.union([
  NodeFinished,
  NodeStarted,
  NodeMetrics,
  NodeRetrying,
  NodeLost,
  RunCreated,
  RunFinished,
  MapProgress,
])
