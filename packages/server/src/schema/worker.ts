import * as z from 'zod'

import { Time } from './names.ts'
import { answer } from './registry.ts'

/** What every worker says of itself; it may say more. */
const Worker = answer(
  'Worker',
  z.object({
    id: z.string(),
    name: z.string(),
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    startedAt: Time,
    queues: z.array(
      z.object({ name: z.string(), concurrency: z.int(), running: z.int(), id: z.string() }),
    ),
    resources: z.record(z.string(), z.number()),
    code: z.string().optional().describe('Fingerprint of the code of its nodes.'),
    pipelines: z
      .record(z.string(), z.string())
      .optional()
      .describe('Its pipelines, and of each the hash of its plan.'),
    store: z.string().optional().describe('Id of the store that it shares.'),
    problem: z
      .object({
        code: z.string(),
        message: z.string(),
        hint: z.string().optional(),
        queues: z.array(z.string()),
      })
      .optional()
      .describe('Why it claims nothing, though it lives.'),
    beatAt: Time,
    lost: z.boolean().describe('True when it has been silent for 10 s.'),
  }),
)

/** Workers that are alive, and those that were lost within the last hour. */
export const Workers: z.ZodType = answer('Workers', z.object({ workers: z.array(Worker) }))
