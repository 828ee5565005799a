import type { Status } from '@pipewright/engine/client'
import * as z from 'zod'

import { Time } from './names.ts'
import { answer, request } from './registry.ts'

const ofRuns = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const

/** Statuses of runs. */
export const RunStatus: z.ZodType<(typeof ofRuns)[number]> = z.enum(ofRuns)

/** Statuses of node runs. */
export const NodeStatus: z.ZodType<Status> = z.enum([...ofRuns, 'skipped', 'reused'])

const RunInput = z.strictObject({
  type: z.string().min(1).max(100).describe('Name of a format: json, csv, text, …'),
  filepath: z.string().min(1).max(4096).describe('A path or address that every worker reaches.'),
})

const tag = z
  .string()
  .regex(
    /^(?!mlflow\.|pipewright\.)[\s\S]{1,250}$/,
    'Names with "mlflow." and "pipewright." are taken',
  )

/** What is asked for with a run. */
export interface EnqueueRequest {
  readonly pipeline: string
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly inputs?:
    | Readonly<Record<string, { readonly type: string; readonly filepath: string }>>
    | undefined
  readonly key?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly priority?: number | undefined
  readonly delay?: number | undefined
  readonly concurrencyKey?: string | undefined
  readonly reuse?: boolean | undefined
  readonly reuseFor?: number | undefined
}

const tenYears = 3653 * 86_400_000

export const EnqueueRequest: z.ZodType<EnqueueRequest> = request(
  'EnqueueRequest',
  z.strictObject({
    pipeline: z
      .string()
      .min(1)
      .max(100)
      .meta({
        description: 'Name of a pipeline that workers have published.',
        examples: ['training'],
      }),
    params: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({
        description: 'By name or nested. Those left out have the workers’ defaults.',
        examples: [{ 'train.epochs': 50 }, { train: { epochs: 50 } }],
      }),
    inputs: z
      .record(z.string(), RunInput)
      .optional()
      .describe('Where inputs lie for this run, by dataset; workers keep it within bounds.'),
    key: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Idempotency key: a second request with it gives the first one’s run.'),
    tags: z.record(tag, z.string().max(5000)).optional().describe('Shown in MLflow.'),
    priority: z.int().min(-100).max(100).optional().describe('Higher ones go first. Default 0.'),
    delay: z.int().min(0).max(tenYears).optional().describe('Milliseconds until it may begin.'),
    concurrencyKey: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Runs with the same one share the pipeline’s limit per key.'),
    reuse: z
      .boolean()
      .optional()
      .describe('True to take results of earlier runs where code, params and inputs are the same.'),
    reuseFor: z
      .int()
      .min(1)
      .max(tenYears)
      .optional()
      .describe('Milliseconds that such a result may be old. Default: any age.'),
  }),
)

/** How a run is gone on with. */
export interface ResumeRequest {
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly sameParams?: boolean | undefined
  readonly key?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly priority?: number | undefined
}

export const ResumeRequest: z.ZodType<ResumeRequest> = request(
  'ResumeRequest',
  z.strictObject({
    params: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'They change those that the run was given. The rest is the workers’ configuration.',
      ),
    sameParams: z
      .boolean()
      .optional()
      .describe('True for all params as the run had them, also those of its configuration.'),
    key: z.string().min(1).max(500).optional().describe('Idempotency key of the new run.'),
    tags: z.record(tag, z.string().max(5000)).optional().describe('Shown in MLflow.'),
    priority: z.int().min(-100).max(100).optional().describe('Higher ones go first. Default 0.'),
  }),
)

/** A run that exists from now on, or did. */
export const EnqueuedRun: z.ZodType = answer('EnqueuedRun', z.object({ id: z.string() }))

/** A run as the ledger knows it. */
export const Run: z.ZodType = answer(
  'Run',
  z.object({
    id: z.string(),
    pipeline: z.string(),
    plan: z.string().describe('Hash of the plan.'),
    status: RunStatus,
    params: z.record(z.string(), z.unknown()),
    inputs: z.record(z.string(), z.object({ type: z.string(), filepath: z.string() })).optional(),
    given: z.record(z.string(), z.unknown()).optional().describe('Params that were given with it.'),
    resumes: z.string().optional().describe('Id of the run that it goes on with.'),
    tags: z.record(z.string(), z.string()),
    env: z.string(),
    key: z.string().optional(),
    createdAt: Time,
    priority: z.int(),
    startAt: Time.optional(),
    waits: z.string().optional().describe('What a pending run waits for.'),
    endedAt: Time.optional(),
    error: z.string().optional(),
    total: z.int().describe('Number of nodes.'),
    finished: z.int().describe('Number of nodes that have ended.'),
  }),
)

/** A page of runs. */
export const RunPage: z.ZodType = answer(
  'RunPage',
  z.object({
    runs: z.array(Run),
    cursor: z.string().optional().describe('Of the next page. Without one this is the last.'),
  }),
)

/** What a cancel has come to. */
export const Cancelled: z.ZodType = answer(
  'Cancelled',
  z.object({ state: z.enum(['cancelling', 'ended']) }),
)
