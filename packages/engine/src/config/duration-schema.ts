import * as z from 'zod'

import { milliseconds, type Duration } from '../definition/duration.ts'
import { PipelineError } from '../errors.ts'

/** A length of time as people write it (`10s`, `30d`, or milliseconds), parsed to milliseconds. */
export const DurationSchema: z.ZodType<number> = z
  .union([z.string(), z.number()])
  .transform((value, context) => {
    try {
      // `milliseconds` refuses what is not a duration.
      return milliseconds(value as Duration)
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      context.addIssue({ code: 'custom', message: `${error.message} ${error.hint ?? ''}`.trim() })
      return z.NEVER
    }
  })
