import { keys } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'
import * as z from 'zod'

import { Effect, type History, HistoryEvent, type HistoryRun, NodeRecord } from './history.ts'
import type { TrackedRun } from './history.ts'

/** Where a history lies. */
export interface HistorySource {
  readonly redis: Redis
  readonly prefix: string
  /** The journal's text. */
  readonly journal: string
  /** Runs that were acknowledged, and when they were cancelled. */
  readonly acknowledged: ReadonlyMap<string, { readonly cancelledAt?: number }>
  readonly excuses: History['excuses']
  readonly drained: boolean
  readonly tracked?: readonly TrackedRun[]
}

const Json = z.string().transform((text): unknown => JSON.parse(text))

const Plan = Json.pipe(
  z.object({
    pipeline: z.string(),
    nodes: z.array(
      z.object({
        name: z.string(),
        inputs: z.record(z.string(), z.string()),
        outputs: z.record(z.string(), z.string()),
        retry: z.object({ retries: z.int() }),
      }),
    ),
  }),
)

/** Collects a history. It reads Redis by the names of its keys, with no code of the engine. */
export async function readHistory(source: HistorySource): Promise<History> {
  const { redis, prefix, acknowledged, tracked } = source
  const runs = await Promise.all(
    [...acknowledged].map(async ([id, more]) =>
      Object.assign(await readRun(redis, prefix, id), more),
    ),
  )
  const stream = await redis.xrange(keys.outbox(prefix), '-', '+')
  const events = stream.flatMap(([id, fields]) => {
    const event = Json.pipe(z.looseObject({ run: z.string() })).parse(fields[1])
    // The time of the entry, not what the event tells of it.
    return acknowledged.has(event.run)
      ? [HistoryEvent.parse({ ...event, at: Number(id.split('-', 1)[0]) })]
      : []
  })
  return {
    effects: readEffects(source.journal),
    excuses: source.excuses,
    runs,
    events,
    drained: source.drained,
    ...(tracked === undefined ? {} : { tracked: [...tracked] }),
  }
}

/** Reads a journal. A last line that a kill has cut is no line. */
export function readEffects(journal: string): Effect[] {
  const lines = journal.split('\n')
  lines.pop()
  return lines.map((line) => Effect.parse(JSON.parse(line)))
}

async function readRun(redis: Redis, prefix: string, id: string): Promise<HistoryRun> {
  const [header, records, data] = await Promise.all([
    redis.hgetall(keys.run(prefix, id)),
    redis.hvals(keys.nodes(prefix, id)),
    redis.hgetall(keys.data(prefix, id)),
  ])
  const stored = await redis.hget(keys.plan(prefix, header['plan'] ?? ''), 'json')
  const plan = stored === null ? undefined : Plan.parse(stored)
  return {
    id,
    pipeline: plan?.pipeline ?? '',
    status: header['status'] ?? (header['id'] === undefined ? 'unknown' : 'pending'),
    nodes: (plan?.nodes ?? []).map(({ name, inputs, outputs, retry }) => ({
      name,
      inputs: Object.values(inputs),
      outputs: Object.values(outputs),
      retries: retry.retries,
    })),
    records: records.map((text) => NodeRecord.parse(JSON.parse(text))),
    data: z.record(z.string(), Json.pipe(Reference)).parse(data),
  }
}

const Reference = z.object({ sha256: z.string(), inline: z.string().optional() })
