import * as z from 'zod'

import { answer } from './registry.ts'

/** The server works. */
export const Health: z.ZodType = answer('Health', z.object({ status: z.literal('ok') }))

/** An OpenAPI document. */
export const Document: z.ZodType = answer(
  'Document',
  z.looseObject({ openapi: z.string(), info: z.looseObject({ title: z.string() }) }),
)
