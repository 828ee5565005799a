import * as z from 'zod'

/** Where an input of a pipeline lies for one run, in place of what the catalog says. */
export interface RunInputPlace {
  /** Name of a format: `json`, `csv`, `text`, `bytes`. */
  readonly type: string
  /** As in `catalog.yml`: a path that every worker reaches, absolute or from the project's root. */
  readonly filepath: string
}

/** Which version of a versioned input a run loads, in place of the newest. */
export interface RunInputVersion {
  /** Such as `2026-11-23T16.44.18.123Z`. */
  readonly version: string
}

/** What one run reads in place of what the catalog says: another place, or another version. */
export type RunInput = RunInputPlace | RunInputVersion

const place = z.strictObject({
  type: z.string().min(1).max(100),
  filepath: z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => !path.includes('\0'), 'A path cannot hold a NUL character'),
})

const version = z.strictObject({ version: z.string().min(1).max(100) })

export const RunInput: z.ZodType<RunInput> = z.union([place, version])

/** Inputs of one run by dataset name. */
export type RunInputs = Readonly<Record<string, RunInput>>

export const RunInputs: z.ZodType<RunInputs> = z.record(z.string(), RunInput)
