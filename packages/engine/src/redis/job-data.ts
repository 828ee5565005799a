import * as z from 'zod'

/** The data of a BullMQ job: which node run it is. Written by `lua/admission.lua`. */
export interface JobData {
  readonly run: string
  readonly index: number
  /** Starts of earlier generations of this node run. */
  readonly base: number
  /** Failed attempts so far. */
  readonly failures: number
  /**
   * Of an element of a map: its number, however deep the map is nested. The job's name is that of the node with it, `score[17]`.
   * Left out in the other jobs of a map's node: one that finds no state of the map (`readMap`) expands it, any other one collects.
   */
  readonly element?: number | undefined
}

export const JobData: z.ZodType<JobData> = z.object({
  run: z.string(),
  index: z.int().nonnegative(),
  base: z.int().nonnegative(),
  failures: z.int().nonnegative(),
  element: z.int().nonnegative().optional(),
})

/** The generation at the end of a job's id `<run>/<node>/<generation>`. */
export function generationOf(jobId: string): number {
  return Number(jobId.slice(jobId.lastIndexOf('/') + 1))
}
