import * as z from 'zod'

/** What an adapter process is started with, as JSON in its argument. */
export interface AdapterSetup {
  readonly redis: string
  readonly prefix: string
  readonly tracking: string
  readonly experiment: string
  /** Record the inputs of nodes. */
  readonly lineage: boolean
}

export const AdapterSetup: z.ZodType<AdapterSetup> = z.object({
  redis: z.string(),
  prefix: z.string(),
  tracking: z.string(),
  experiment: z.string(),
  lineage: z.boolean(),
})

/** From an adapter process to the bench: that it records, and when asked, what it has sent and how long it has computed. */
export interface FromAdapter {
  readonly calls: number
  /** CPU time of the process, in microseconds. */
  readonly micros: number
}

export const FromAdapter: z.ZodType<FromAdapter> = z.object({
  calls: z.int(),
  micros: z.number(),
})
