import type { Redis } from 'ioredis'
import * as z from 'zod'

import { InfrastructureError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import * as keys from '../redis/keys.ts'
import { DatasetReference } from '../run/dataset-reference.ts'
import { NodeFinished } from '../run/event.ts'
import { NodeFailure } from '../run/node-failure.ts'
import { RunInputs } from '../run/run-input.ts'
import type { LiveNode, NodeRun, Run } from '../run/run.ts'
import { statuses, type Status } from '../run/status.ts'

const json: z.ZodType<unknown, string> = z.string().transform((text): unknown => JSON.parse(text))

const Header = z.object({
  id: z.string(),
  pipeline: z.string(),
  plan: z.string(),
  status: z.enum(statuses).default('pending'),
  params: json.pipe(z.record(z.string(), z.unknown())),
  inputs: json.pipe(RunInputs).optional(),
  runtimeParams: json.pipe(z.record(z.string(), z.unknown())).optional(),
  given: json.pipe(z.record(z.string(), z.unknown())).optional(),
  resumes: z.string().optional(),
  tags: json.pipe(z.record(z.string(), z.string())),
  env: z.string(),
  key: z.string().optional(),
  createdAt: z.coerce.number(),
  priority: z.coerce.number().default(0),
  startAt: z.coerce.number().optional(),
  waits: z.string().optional(),
  endedAt: z.coerce.number().optional(),
  total: z.coerce.number(),
  error: z.string().optional(),
}) satisfies z.ZodType

const LiveRecord: z.ZodType<LiveNode> = z.object({
  status: z.enum(['pending', 'running']),
  attempt: z.int(),
  startedAt: z.number().optional(),
  worker: z.string().optional(),
  dueAt: z.number().optional(),
  error: NodeFailure.optional(),
})

/** Reads a run's header. Undefined when there is none (any more). */
export async function readRun(redis: Redis, prefix: string, id: string): Promise<Run | undefined> {
  const [fields, finished] = await Promise.all([
    redis.hgetall(keys.run(prefix, id)),
    redis.hlen(keys.nodes(prefix, id)),
  ])
  if (fields['id'] === undefined) return undefined
  const header = Header.parse(fields)
  return {
    ...header,
    error: header.error,
    startAt: header.startAt,
    inputs: header.inputs,
    runtimeParams: header.runtimeParams,
    waits: header.waits,
    key: header.key || undefined,
    endedAt: runEnd(header),
    finished,
  }
}

/** The same, of a run that must be there. @throws InfrastructureError `RUN_NOT_FOUND` */
export async function readKnownRun(redis: Redis, prefix: string, id: string): Promise<Run> {
  const run = await readRun(redis, prefix, id)
  if (run !== undefined) return run
  throw unknownRun(id)
}

/** There is no such run, or no longer. */
export function unknownRun(id: string): InfrastructureError {
  return new InfrastructureError('RUN_NOT_FOUND', `Run ${id} is not known.`, {
    hint: 'Its id may be mistyped, its retention over, or this is another Redis.',
  })
}

function runEnd(header: { status: Status; endedAt?: number | undefined }): number | undefined {
  return header.status === 'running' ? undefined : header.endedAt
}

/** Reads the node runs of a run, in the order of its plan. */
export async function readNodeRuns(
  redis: Redis,
  prefix: string,
  id: string,
  plan: Plan,
): Promise<readonly NodeRun[]> {
  const [records, live] = await Promise.all([
    redis.hgetall(keys.nodes(prefix, id)),
    redis.hgetall(keys.live(prefix, id)),
  ])
  return plan.nodes.map((node, index) => {
    const record = records[index]
    if (record !== undefined) return endedNode(NodeFinished.parse(JSON.parse(record)))
    const shown = live[index]
    const known = shown === undefined ? undefined : LiveRecord.parse(JSON.parse(shown))
    return {
      node: node.name,
      index,
      status: known?.status ?? 'pending',
      attempt: known?.attempt ?? 0,
      startedAt: known?.startedAt,
      endedAt: undefined,
      worker: known?.worker,
      error: known?.error,
      record: undefined,
    }
  })
}

function endedNode(record: NodeFinished): NodeRun {
  const started = record.attempt > 0
  return {
    node: record.node,
    index: record.index,
    status: record.status,
    attempt: record.attempt,
    startedAt: started ? record.startedAt : undefined,
    endedAt: record.endedAt,
    worker: started ? record.worker : undefined,
    error: record.error,
    record,
  }
}

/** Reads the reference of a dataset that a node of the run made. */
export async function readReference(
  redis: Redis,
  prefix: string,
  id: string,
  dataset: string,
): Promise<DatasetReference | undefined> {
  const text = await redis.hget(keys.data(prefix, id), dataset)
  return text === null ? undefined : DatasetReference.parse(JSON.parse(text))
}
