import * as z from 'zod'

import type { Problem as Answered } from '../http/problem.ts'
import { answer } from './registry.ts'

/** Problem details of RFC 9457. */
export const Problem: z.ZodType<Answered> = answer(
  'Problem',
  z.object({
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable: the name of a page in docs/errors.'),
    detail: z.string(),
    hint: z.string().optional().describe('What to do.'),
    issues: z
      .array(z.object({ at: z.string(), problem: z.string() }))
      .optional()
      .describe('What is wrong with the request, place by place.'),
  }),
)
