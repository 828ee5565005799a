import * as z from 'zod'

/** What a job of bare BullMQ does; times in milliseconds. */
export const BareJob = z.discriminatedUnion('does', [
  z.object({ does: z.literal('wait'), time: z.number() }),
  z.object({ does: z.literal('hold'), time: z.number() }),
  z.object({ does: z.literal('gate'), gate: z.string() }),
  z.object({ does: z.literal('crash') }),
])
export type BareJob = z.infer<typeof BareJob>

/** How a bare worker is started; what is left out is BullMQ's default. */
export const BareWorkerSettings = z.object({
  redis: z.string(),
  prefix: z.string(),
  queue: z.string(),
  concurrency: z.int(),
  lockDuration: z.int().optional(),
  stalledInterval: z.int().optional(),
  /** Milliseconds that running jobs have after SIGTERM. Default: no limit. */
  drain: z.int().optional(),
})
export type BareWorkerSettings = z.infer<typeof BareWorkerSettings>
