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
    beatAt: Time,
    lost: z.boolean().describe('True when it has been silent for 10 s.'),
  }),
)

/** Workers that are alive, and those that were lost within the last hour. */
export const Workers: z.ZodType = answer('Workers', z.object({ workers: z.array(Worker) }))
