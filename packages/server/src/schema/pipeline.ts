import type { PublishedPipeline } from '@pipewright/engine/client'
import * as z from 'zod'

import { Time } from './names.ts'
import { answer } from './registry.ts'

const limit = z.int().min(1).optional()

/** A pipeline that workers have published. */
export const Pipeline: z.ZodType = answer(
  'Pipeline',
  z.object({
    name: z.string(),
    plan: z.string().describe('Hash of its plan.'),
    params: z.array(
      z.object({
        name: z.string(),
        schema: z.record(z.string(), z.unknown()).describe('JSON Schema of what may be given.'),
        default: z.unknown().optional().describe('What a run gets that does not set it.'),
        optional: z.boolean().optional(),
        nodes: z.array(z.string()),
      }),
    ),
    limits: z.object({ runs: limit, perKey: limit }).optional(),
    tags: z.record(z.string(), z.string()),
    inputs: z.array(z.string()).describe('Datasets that it reads from the catalog.'),
    outputs: z
      .array(z.string())
      .describe('Datasets that it makes and that none of its nodes reads.'),
    nodes: z.int().describe('Number of nodes.'),
    env: z.string(),
    publisher: z.string().describe('The worker that published it last.'),
    publishedAt: Time,
  }),
)

export const Pipelines: z.ZodType = answer('Pipelines', z.object({ pipelines: z.array(Pipeline) }))

/** What is paused. */
export const Paused: z.ZodType = answer(
  'Paused',
  z.object({ queues: z.array(z.string()), pipelines: z.array(z.string()) }),
)

/** A pipeline without what is the ledger's own. */
export function pipelineAnswer({
  version: _version,
  queues: _queues,
  ...known
}: PublishedPipeline): object {
  return known
}
