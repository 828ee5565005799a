import type { NodeRun as LedgerNodeRun } from '@pipewright/engine/client'
import * as z from 'zod'

import { Time } from './names.ts'
import { answer } from './registry.ts'
import { NodeStatus } from './run.ts'

const NodeRun = answer(
  'NodeRun',
  z.object({
    node: z.string(),
    index: z.int(),
    status: NodeStatus,
    attempt: z.int().describe('From 1; 0 for one that never started.'),
    startedAt: Time.optional(),
    endedAt: Time.optional(),
    worker: z.string().optional(),
    error: z
      .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
      .optional(),
    metrics: z
      .record(z.string(), z.union([z.number(), z.string()]))
      .describe('The last value of each; "NaN", "Infinity" and "-Infinity" as text.'),
    outputs: z.array(
      z.object({
        dataset: z.string(),
        format: z.string(),
        bytes: z.int(),
        rows: z.int().optional(),
        sha256: z.string(),
      }),
    ),
  }),
)

/** The node runs of a run. */
export const NodeRuns: z.ZodType = answer('NodeRuns', z.object({ nodes: z.array(NodeRun) }))

/** A node run without what is the ledger's own: stacks, and values of outputs. */
export function nodeRunAnswer({ record, error, ...known }: LedgerNodeRun): object {
  return {
    ...known,
    error: error === undefined ? undefined : { ...error, stack: undefined },
    metrics: record?.finalMetrics ?? {},
    outputs: (record?.outputs ?? []).map(({ dataset, format, bytes, rows, sha256 }) => ({
      dataset,
      format,
      bytes,
      rows,
      sha256,
    })),
  }
}
