import * as z from 'zod'

/** The data of a BullMQ job: which node run it is. Written by `lua/ledger.lua`. */
export interface JobData {
  readonly run: string
  readonly index: number
  /** Starts of earlier generations of this node run. */
  readonly base: number
  /** Failed attempts so far. */
  readonly failures: number
}

export const JobData: z.ZodType<JobData> = z.object({
  run: z.string(),
  index: z.int().nonnegative(),
  base: z.int().nonnegative(),
  failures: z.int().nonnegative(),
})

/** The generation at the end of a job's id `<run>/<node>/<generation>`. */
export function generationOf(jobId: string): number {
  return Number(jobId.slice(jobId.lastIndexOf('/') + 1))
}
