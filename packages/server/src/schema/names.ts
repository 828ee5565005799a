import * as z from 'zod'

const pattern = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u

/** A name of a pipeline, queue or schedule. */
export const Name: z.ZodType<string> = z
  .string()
  .min(1)
  .max(100)
  // No pattern in the document: classes of Unicode are not read everywhere.
  .refine((name) => pattern.test(name), 'Use letters, digits, "_", "-" and "."')

/** The id of a run. */
const RunId: z.ZodType<string> = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'Expected the id of a run, 26 letters and digits')

/** Milliseconds since 1970. */
export const Time: z.ZodType<number> = z.int().describe('Milliseconds since 1970.')

/** Params of a path: a run. */
export const OfRun: z.ZodType<{ readonly run: string }> = z.strictObject({ run: RunId })

/** Params of a path: two runs. */
export const OfTwoRuns: z.ZodType<{ readonly a: string; readonly b: string }> = z.strictObject({
  a: RunId,
  b: RunId,
})
