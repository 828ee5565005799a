import * as z from 'zod'

import { statuses, type Status } from '../../run/status.ts'
import { NodeReason, OwedPublication, WaitingToBegin } from './reason-schema.ts'
import {
  reasonKinds,
  type BriefFailure,
  type NodeReason as Reason,
  type OwedPublication as Publication,
  type PendingReason,
} from './reason.ts'

/** Why a node run is where it is. */
export interface NodeWhy {
  readonly run: string
  readonly pipeline: string
  readonly node: string
  /** When it was asked, by the clock of Redis. */
  readonly now: number
  readonly reason: Reason
}

/** Node runs of a run that one reason holds up. */
export interface ReasonGroup {
  readonly kind: Reason['kind']
  /** Where the reason is one of a queue. */
  readonly queue?: string | undefined
  readonly count: number
  /** The first five. */
  readonly nodes: readonly string[]
  /** The reason of the first, whole. */
  readonly reason: Reason
}

/** Why a run is where it is. */
export type RunReason =
  /** It has ended. `failure`: the first node that failed. */
  | {
      readonly kind: 'ended'
      readonly status: Status
      readonly endedAt: number
      readonly error?: string | undefined
      readonly failure?: { readonly node: string; readonly error: BriefFailure } | undefined
    }
  /** Its submission was cut by an error of Redis, and no node was released. */
  | { readonly kind: 'unsubmitted'; readonly createdAt: number }
  /** It has not begun: its time has not come, or a limit of runs or a pause holds it up. */
  | Exclude<PendingReason, { kind: 'unsubmitted' }>
  /** Its plan is not in Redis any more: the next worker that comes upon it ends it. */
  | { readonly kind: 'no-plan'; readonly plan: string; readonly workers: number }
  /** It is being cancelled, and these nodes still run: see the groups. */
  | { readonly kind: 'cancelling'; readonly running: number; readonly workers: number }
  /** All nodes have ended, and datasets are still to be published. */
  | {
      readonly kind: 'publication'
      readonly publications: readonly Publication[]
      readonly count: number
      readonly workers: number
    }
  /** All nodes have ended and an error cut the end of the run: the next pass of the reconciler ends it. */
  | { readonly kind: 'ending'; readonly workers: number }
  /** The reason that matters most is that of this node. */
  | { readonly kind: 'node'; readonly node: string; readonly reason: Reason }

/** Why a run is where it is, and what its node runs wait for. */
export interface RunWhy {
  readonly run: string
  readonly pipeline: string
  readonly status: Status
  /** When it was asked, by the clock of Redis. */
  readonly now: number
  readonly createdAt: number
  /** True when a living worker runs a node of it, or is about to. */
  readonly moving: boolean
  readonly total: number
  /** Ended node runs by status. */
  readonly ended: Readonly<Partial<Record<Status, number>>>
  /** The reason that matters most. */
  readonly reason: RunReason
  /** Node runs that have not ended by reason, what needs a person first. */
  readonly groups: readonly ReasonGroup[]
}

export const NodeWhy: z.ZodType<NodeWhy> = z.object({
  run: z.string(),
  pipeline: z.string(),
  node: z.string(),
  now: z.number(),
  reason: NodeReason,
})

const runReason: z.ZodType<RunReason> = z.union([
  WaitingToBegin,
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('ended'),
      status: z.enum(statuses),
      endedAt: z.number(),
      error: z.string().optional(),
      failure: z
        .object({ node: z.string(), error: z.object({ code: z.string(), message: z.string() }) })
        .optional(),
    }),
    z.object({ kind: z.literal('unsubmitted'), createdAt: z.number() }),
    z.object({ kind: z.literal('no-plan'), plan: z.string(), workers: z.int() }),
    z.object({ kind: z.literal('cancelling'), running: z.int(), workers: z.int() }),
    z.object({
      kind: z.literal('publication'),
      publications: z.array(OwedPublication),
      count: z.int(),
      workers: z.int(),
    }),
    z.object({ kind: z.literal('ending'), workers: z.int() }),
    z.object({ kind: z.literal('node'), node: z.string(), reason: NodeReason }),
  ]),
])

export const RunWhy: z.ZodType<RunWhy> = z.object({
  run: z.string(),
  pipeline: z.string(),
  status: z.enum(statuses),
  now: z.number(),
  createdAt: z.number(),
  moving: z.boolean(),
  total: z.int(),
  ended: z.partialRecord(z.enum(statuses), z.int()),
  reason: runReason,
  groups: z.array(
    z.object({
      kind: z.enum(reasonKinds),
      queue: z.string().optional(),
      count: z.int(),
      nodes: z.array(z.string()),
      reason: NodeReason,
    }),
  ),
})
