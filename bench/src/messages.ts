import * as z from 'zod'

/** What a worker process is started with, as JSON in its argument. */
export interface WorkerSetup {
  readonly redis: string
  /** Prefix of its keys: each worker process has its own, so that all can be alive at once. */
  readonly prefix: string
  readonly concurrency: number
  /** Folder of the project whose nodes it runs. Unused by the bare queue's worker. */
  readonly root: string
  /** Of Pipewright's worker. Default `default`. */
  readonly durability?: 'default' | 'strict' | undefined
}

export const WorkerSetup: z.ZodType<WorkerSetup> = z.object({
  redis: z.string(),
  prefix: z.string(),
  concurrency: z.int().positive(),
  root: z.string(),
  durability: z.enum(['default', 'strict']).optional(),
})

/** From the bench to a worker process. */
export type ToWorker =
  | { readonly type: 'cpu' }
  /** Count so many jobs, of the running worker, or of one that is started for a queue filled before. */
  | { readonly type: 'count'; readonly jobs: number; readonly filled: boolean }

export const ToWorker: z.ZodType<ToWorker> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cpu') }),
  z.object({ type: z.literal('count'), jobs: z.int().positive(), filled: z.boolean() }),
])

/** From a worker process to the bench. */
export type FromWorker =
  | { readonly type: 'ready' }
  /** CPU time of the whole process, its threads included, in microseconds. */
  | { readonly type: 'cpu'; readonly micros: number }
  | { readonly type: 'counting' }
  /** Times of `now()`: when the worker was set going, when the last job had ended, when each job was started. */
  | {
      readonly type: 'counted'
      readonly startedAt: number
      readonly endedAt: number
      readonly starts: readonly number[]
    }

export const FromWorker: z.ZodType<FromWorker> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('cpu'), micros: z.number() }),
  z.object({ type: z.literal('counting') }),
  z.object({
    type: z.literal('counted'),
    startedAt: z.number(),
    endedAt: z.number(),
    starts: z.array(z.number()),
  }),
])
