import * as z from 'zod'

import { Difference } from '../../plan/difference.ts'
import type { Metric } from '../../run/metric.ts'
import { statuses, type Status } from '../../run/status.ts'

/** A value in each of two runs; undefined for one that does not have it. */
export interface Pair<Value> {
  readonly a?: Value | undefined
  readonly b?: Value | undefined
}

/** A dataset that two node runs made differently from the same code, params and inputs. */
export interface ResultDifference {
  readonly kind: 'result'
  readonly dataset: string
  /** sha256 of the content, hex. */
  readonly before: string
  readonly after: string
}

/** What differs between the node runs of one node in two runs. */
export interface NodeDiff {
  readonly node: string
  /** Statuses; undefined in a run whose plan does not have the node. */
  readonly status: Pair<Status>
  /** Code first, then params, inputs, outputs, and results where nothing else differs. */
  readonly differences: readonly (Difference | ResultDifference)[]
  /** What is not known of one of them, and could not be compared. */
  readonly unknown: readonly ('code' | 'inputs')[]
}

/** The last value of a metric in two runs. */
export interface MetricDiff extends Pair<Metric[1]> {
  /** `node.metric`. */
  readonly name: string
  /** True where the pipeline of one of the runs promotes it. */
  readonly promoted: boolean
}

/** What is told of a run that is compared. */
export interface DiffedRun {
  readonly id: string
  readonly pipeline: string
  readonly status: Status
  readonly createdAt: number
  readonly endedAt?: number | undefined
}

/** What differs between two runs, node by node. */
export interface RunDiff {
  readonly a: DiffedRun
  readonly b: DiffedRun
  /** The first node, in the order of the plan, that is not the same in both; its differences are with it. Undefined for none. */
  readonly first?: string | undefined
  /** All nodes of both plans: producers before dependents. */
  readonly nodes: readonly NodeDiff[]
  /** Metrics that at least one of them has: promoted ones first, then in the order of the nodes. */
  readonly metrics: readonly MetricDiff[]
}

const status = z.enum(statuses)
const run: z.ZodType<DiffedRun> = z.object({
  id: z.string(),
  pipeline: z.string(),
  status,
  createdAt: z.number(),
  endedAt: z.number().optional(),
})
const value = z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])]).optional()
const result: z.ZodType<ResultDifference> = z.object({
  kind: z.literal('result'),
  dataset: z.string(),
  before: z.string(),
  after: z.string(),
})

export const RunDiff: z.ZodType<RunDiff> = z.object({
  a: run,
  b: run,
  first: z.string().optional(),
  nodes: z.array(
    z.object({
      node: z.string(),
      status: z.object({ a: status.optional(), b: status.optional() }),
      differences: z.array(z.union([Difference, result])),
      unknown: z.array(z.enum(['code', 'inputs'])),
    }),
  ),
  metrics: z.array(z.object({ name: z.string(), promoted: z.boolean(), a: value, b: value })),
})

/** True when nothing is known to differ: not the node's presence, nor what it was made from, nor what it made. */
export function isSame({ status: { a, b }, differences }: NodeDiff): boolean {
  return differences.length === 0 && a !== undefined && b !== undefined
}
