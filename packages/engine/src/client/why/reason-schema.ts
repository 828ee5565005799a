import * as z from 'zod'

import type {
  NodeReason as Reason,
  OwedPublication as Publication,
  PendingReason,
  RootReason as Root,
} from './reason.ts'

type Pending = Exclude<PendingReason, { kind: 'unsubmitted' }>

const failure = z.object({ code: z.string(), message: z.string() }).optional()

const worker = z.object({
  name: z.string(),
  host: z.string().optional(),
  pid: z.int().optional(),
  beatAt: z.number().optional(),
  lost: z.boolean(),
})

const inQueue = {
  queue: z.string(),
  losses: z.int(),
  place: z.object({
    list: z.enum(['queue', 'ready']),
    position: z.int().optional(),
    length: z.int(),
    runsAhead: z.int().optional(),
  }),
}

const workers = z.int()

const amounts = z.record(z.string(), z.number())

export const OwedPublication: z.ZodType<Publication> = z.object({
  node: z.string(),
  dataset: z.string(),
  since: z.number(),
  path: z.string().optional(),
  problem: z.string().optional(),
  triedAt: z.number().optional(),
})

const ended = z.object({
  kind: z.literal('ended'),
  status: z.enum(['succeeded', 'failed', 'skipped', 'cancelled', 'reused']),
  attempt: z.int(),
  endedAt: z.number(),
  worker: z.string().optional(),
  error: failure,
  because: z.string().optional(),
})

const publication = z.object({
  kind: z.literal('publication'),
  publications: z.array(OwedPublication),
  count: z.int(),
  workers,
})

const running = z.object({
  kind: z.literal('running'),
  queue: z.string(),
  attempt: z.int(),
  startedAt: z.number(),
  worker,
  leaseUntil: z.number().nullable(),
  checkEvery: z.number(),
  workers,
  losses: z.int(),
  alone: z.boolean(),
  cancelling: z.boolean(),
})

const retry = z.object({
  kind: z.literal('retry'),
  dueAt: z.number(),
  attempt: z.int(),
  failures: z.int(),
  retries: z.int(),
  error: failure,
  workers,
})

const held = [
  z.object({ kind: z.literal('paused'), ...inQueue }),
  z.object({
    kind: z.literal('no-worker'),
    ...inQueue,
    served: z.array(z.object({ queue: z.string(), workers })),
    lost: z.array(worker),
    refused: z.array(
      z.object({
        worker,
        problem: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
      }),
    ),
  }),
  z.object({ kind: z.literal('limit'), ...inQueue, limit: z.int(), running: z.int() }),
  z.object({
    kind: z.literal('busy'),
    ...inQueue,
    slots: z.int(),
    running: z.int(),
    workers,
    by: z.array(z.object({ run: z.string(), nodes: z.int(), example: z.string() })),
  }),
  z.object({ kind: z.literal('quarantine'), ...inQueue, running: z.array(z.string()), workers }),
  z.object({
    kind: z.literal('node-limit'),
    ...inQueue,
    limit: z.int(),
    running: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('no-resources'),
    ...inQueue,
    need: amounts,
    offers: z.array(z.object({ worker: z.string(), resources: amounts })),
  }),
  z.object({
    kind: z.literal('no-code'),
    queue: z.string(),
    since: z.number(),
    pipeline: z.string(),
    plan: z.string(),
    workers: z.array(z.object({ worker, has: z.enum(['same', 'other', 'none', 'any']) })),
    serving: z.int(),
  }),
  z.object({ kind: z.literal('queued'), ...inQueue, workers }),
] as const

const inLine = { position: z.int(), waiting: z.int(), workers }

/** Why a run has not begun, but for one that was not submitted whole. */
export const WaitingToBegin: z.ZodType<Pending> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('delayed'), startAt: z.number(), workers }),
  z.object({
    kind: z.literal('run-limit'),
    what: z.string(),
    limit: z.int(),
    running: z.int(),
    runs: z.array(z.string()),
    ...inLine,
  }),
  z.object({ kind: z.literal('pipeline-paused'), ...inLine }),
])

/** A reason that is at the root: not the waiting for another node. */
const RootReason: z.ZodType<Root> = z.union([
  WaitingToBegin,
  z.discriminatedUnion('kind', [
    ended,
    publication,
    running,
    retry,
    ...held,
    z.object({ kind: z.literal('skipping'), because: z.string(), workers }),
    z.object({ kind: z.literal('cancelling'), workers }),
    z.object({ kind: z.literal('unsubmitted') }),
    z.object({ kind: z.literal('backlog'), position: z.int(), length: z.int(), workers }),
    z.object({ kind: z.literal('vanished'), workers }),
  ]),
])

/** Any reason of a node run. */
export const NodeReason: z.ZodType<Reason> = z.union([
  RootReason,
  z.object({
    kind: z.literal('inputs'),
    missing: z.array(z.object({ dataset: z.string(), node: z.string() })),
    count: z.int(),
    chain: z.array(z.string()),
    chainLength: z.int(),
    cause: z.object({ node: z.string(), reason: RootReason }),
  }),
])
