import * as z from 'zod'

import * as keys from '../../redis/keys.ts'
import type { WorkerFacts } from './queue-facts.ts'
import type { PendingReason } from './reason.ts'
import type { RunFacts } from './run-facts.ts'

/** Runs that a reason names. */
const mostNamed = 5

const Limits: z.ZodType<(string | number)[]> = z.array(z.union([z.string(), z.number()]))

/** Says why a run has not begun. */
export async function explainPending(
  { redis, prefix, id, run }: RunFacts,
  { alive: workers }: WorkerFacts,
): Promise<PendingReason> {
  const { waits, startAt } = run
  if (waits === undefined) {
    return startAt === undefined ? { kind: 'unsubmitted' } : { kind: 'delayed', startAt, workers }
  }
  const line = keys.waiting(prefix, waits)
  const [rank, waiting] = await Promise.all([redis.zrank(line, id), redis.zcard(line)])
  const place = { position: (rank ?? 0) + 1, waiting: Math.max(1, waiting), workers }
  if (waits.startsWith('pause/')) return { kind: 'pipeline-paused', ...place }
  const [text, running, runs] = await Promise.all([
    redis.hget(keys.run(prefix, id), 'limits'),
    redis.hlen(keys.held(prefix, waits)),
    redis.hrandfield(keys.held(prefix, waits), mostNamed),
  ])
  const limits = Limits.parse(JSON.parse(text ?? '[]'))
  const limit = Number(limits[limits.indexOf(waits) + 1] ?? 0)
  const named = Array.isArray(runs) ? runs.map(String) : []
  return { kind: 'run-limit', what: waits, limit, running, runs: named, ...place }
}
