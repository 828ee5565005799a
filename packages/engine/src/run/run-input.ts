import * as z from 'zod'

/** Where an input of a pipeline lies for one run, in place of what the catalog says. */
export interface RunInput {
  /** Name of a format: `json`, `csv`, `text`, `bytes`. */
  readonly type: string
  /** As in `catalog.yml`: a path that every worker reaches, absolute or from the project's root. */
  readonly filepath: string
}

export const RunInput: z.ZodType<RunInput> = z.strictObject({
  type: z.string().min(1).max(100),
  filepath: z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => !path.includes('\0'), 'A path cannot hold a NUL character'),
})

/** Inputs of one run by dataset name. */
export type RunInputs = Readonly<Record<string, RunInput>>

export const RunInputs: z.ZodType<RunInputs> = z.record(z.string(), RunInput)
