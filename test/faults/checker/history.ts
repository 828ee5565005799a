import * as z from 'zod'

/**
 * All that is known of runs under faults, as plain data. It comes from what the nodes wrote down, the ledger, the event
 * stream and MLflow's API, each read without code of the engine. Times are milliseconds since 1970, all of one machine.
 */

const text = z.string()

/** A line that a body wrote down. The order of the journal is the order of time. */
export const Effect = z.object({
  run: text,
  node: text,
  attempt: z.int(),
  what: z.enum(['started', 'ended', 'failed', 'aborted']),
  worker: text,
  pid: z.int(),
  at: z.number(),
  /** What it read: dataset -> mark of the body that made it. */
  inputs: z.record(text, text).optional(),
  /** The mark of what it made. */
  output: text.optional(),
  /** Of a start: the mark of what it will make. */
  body: text.optional(),
})
export type Effect = z.infer<typeof Effect>

/** A fault that was done, and what may run again because of it. */
export const Excuse = z.object({
  /** `removal`: Redis lost writes, or an operator took jobs away; what was under way may start again uncounted. */
  kind: z.enum(['kill', 'freeze', 'drain', 'outage', 'removal']),
  /** The worker it was done to; every worker when there is none. */
  worker: text.optional(),
  from: z.number(),
  to: z.number(),
})
export type Excuse = z.infer<typeof Excuse>

const Failure = z.object({ code: text, message: text.default('') })

const Reference = z.object({ sha256: text, inline: text.optional() })

/** The ledger's record of an ended node run. */
export const NodeRecord = z.object({
  node: text,
  attempt: z.int(),
  status: z.enum(['succeeded', 'failed', 'skipped', 'cancelled', 'reused']),
  worker: text,
  startedAt: z.number(),
  endedAt: z.number(),
  finalMetrics: z.record(text, z.union([z.number(), text])),
  error: Failure.optional(),
})
export type NodeRecord = z.infer<typeof NodeRecord>

const PlannedNode = z.object({
  name: text,
  /** Datasets that it reads. */
  inputs: z.array(text),
  /** Datasets that it makes. */
  outputs: z.array(text),
  /** How often a failed attempt is tried again. */
  retries: z.int(),
})
export type PlannedNode = z.infer<typeof PlannedNode>

/** A run that was acknowledged to its client. */
export const HistoryRun = z.object({
  id: text,
  pipeline: text,
  nodes: z.array(PlannedNode),
  /** As the ledger has it; `unknown` when the ledger has not got it. */
  status: text,
  records: z.array(NodeRecord),
  /** dataset -> reference. */
  data: z.record(text, Reference),
  /** When somebody cancelled it. */
  cancelledAt: z.number().optional(),
})
export type HistoryRun = z.infer<typeof HistoryRun>

/** An entry of the event stream, in its order; `at` is the time of its transition by the clock of Redis. */
export const HistoryEvent = z.object({
  at: z.number(),
  type: text,
  run: text,
  node: text.optional(),
  attempt: z.int().optional(),
  status: text.optional(),
  worker: text.optional(),
  error: Failure.optional(),
})
export type HistoryEvent = z.infer<typeof HistoryEvent>

/** A run as MLflow's API shows it. */
export const TrackedRun = z.object({
  id: text,
  name: text,
  status: text,
  tags: z.record(text, text),
  metrics: z.record(text, z.union([z.number(), text])),
})
export type TrackedRun = z.infer<typeof TrackedRun>

export const History = z.object({
  effects: z.array(Effect),
  excuses: z.array(Excuse),
  runs: z.array(HistoryRun),
  events: z.array(HistoryEvent),
  /** True when everything had time to end: then nothing may be stuck. */
  drained: z.boolean(),
  /** Left out when nothing was recorded. */
  tracked: z.array(TrackedRun).optional(),
  /** Keys that are left when retention is over; left out when it is not. */
  keys: z.array(text).optional(),
})
export type History = z.infer<typeof History>
