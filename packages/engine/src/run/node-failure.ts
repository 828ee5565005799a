import * as z from 'zod'

/** Why an attempt failed, as the ledger keeps it. */
export interface NodeFailure {
  /** Code of a PipewrightError, or the name of the user's error. */
  readonly code: string
  /** At most 2,000 characters. */
  readonly message: string
  readonly hint?: string | undefined
  /** At most 4,000 characters. */
  readonly stack?: string | undefined
}

export const NodeFailure: z.ZodType<NodeFailure> = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  stack: z.string().optional(),
})
