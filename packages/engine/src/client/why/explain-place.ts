import { jobQueueOf, laneLimit, neededBy } from '../../plan/queue-name.ts'
import * as keys from '../../redis/keys.ts'
import { isLeft } from '../../redis/settlement.ts'
import type { Found, Places } from './places.ts'
import { baseOf, namedWorker, type QueueFacts, type WorkerFacts } from './queue-facts.ts'
import type { BusyReason, Place, RootReason, RunningReason } from './reason.ts'
import type { RunFacts } from './run-facts.ts'

/** Runs that a reason names as those that take the slots. */
const mostNamed = 5

type Waiting = Extract<Found, { at: 'waiting' }>
type Active = Extract<Found, { at: 'active' }>

/** Where a node run is that has not ended. */
export type OpenPlace = Exclude<Found, { at: 'ended' }>

/** Says why a node run that may run does not end, from the place where it was found. */
export async function explainPlace(
  index: number,
  found: OpenPlace,
  { facts, places, workers }: { facts: RunFacts; places: Places; workers: WorkerFacts },
): Promise<RootReason> {
  if (found.at === 'active') return explainActive(found, facts, workers)
  if (found.at === 'waiting') return explainWaiting(found, places, workers)
  if (found.at === 'timer') {
    return isLeft(found.dueAt, workers.now)
      ? explainLeft(found, facts, workers)
      : explainTimer(index, found, facts, workers)
  }
  const { alive } = workers
  if (found.at === 'backlog') {
    const { position, length } = found
    return { kind: 'backlog', position, length, workers: alive }
  }
  return { kind: facts.cancelling ? 'cancelling' : 'vanished', workers: alive }
}

function explainTimer(
  index: number,
  { dueAt, live }: Extract<Found, { at: 'timer' }>,
  { plan }: RunFacts,
  { alive }: WorkerFacts,
): RootReason {
  const { attempt, failures, error } = live
  return {
    kind: 'retry',
    dueAt,
    attempt: attempt + 1,
    failures,
    retries: plan.nodes[index]?.retry.retries ?? 0,
    error: error && { code: error.code, message: error.message },
    workers: alive,
  }
}

/** Says of a node run that was left who has the code of it. */
async function explainLeft(
  { timer, queue }: Extract<Found, { at: 'timer' }>,
  { redis, prefix, run }: RunFacts,
  workers: WorkerFacts,
): Promise<RootReason> {
  const { pipeline, plan } = run
  const codes = workers.codes(queue, pipeline, plan)
  const since = await redis.zscore(keys.left(prefix), timer)
  return {
    kind: 'no-code',
    queue: jobQueueOf(queue),
    since: Number(since ?? workers.now),
    pipeline,
    plan,
    workers: codes.slice(0, mostNamed),
    serving: codes.length,
  }
}

async function explainActive(
  { queue, job, live, losses }: Active,
  { redis, prefix, cancelling }: RunFacts,
  workers: WorkerFacts,
): Promise<RunningReason> {
  const key = `${keys.queuePrefix(prefix)}:${queue}:${job}`
  const [[starts, startedAt, name], token, left] = await Promise.all([
    redis.hmget(key, 'ats', 'processedOn', 'pb'),
    redis.get(`${key}:lock`),
    redis.pttl(`${key}:lock`),
  ])
  return {
    kind: 'running',
    queue,
    attempt: live.base + Number(starts ?? 1),
    startedAt: Number(startedAt ?? workers.now),
    worker: workers.find(token, name ?? live.worker ?? ''),
    leaseUntil: left > 0 ? workers.now + left : null,
    checkEvery: workers.checkEvery(queue),
    workers: workers.serving(queue).length,
    losses,
    alone: queue !== baseOf(queue),
    cancelling,
  }
}

async function explainWaiting(
  { queue, place: found, losses }: Waiting,
  places: Places,
  workers: WorkerFacts,
): Promise<RootReason> {
  const facts = await places.queue(queue)
  const runsAhead = found.list === 'ready' ? await places.runsAhead(queue) : undefined
  const place = runsAhead === undefined ? found : { ...found, runsAhead }
  const held = { queue, place, losses }
  const lane = laneLimit(queue)
  const need = neededBy(queue)
  const serving = workers.serving(queue).length
  if (facts.paused) return { kind: 'paused', ...held }
  if (serving === 0) {
    const { served } = workers
    const lost = workers.lostOf(queue).map(namedWorker)
    return { kind: 'no-worker', ...held, served, lost, refused: workers.refused(queue) }
  }
  if (need !== undefined && workers.fitting(queue).length === 0) {
    return { kind: 'no-resources', ...held, need, offers: workers.offers(queue) }
  }
  if (lane !== undefined) return explainLane(lane, held, places, serving)
  if (queue !== baseOf(queue)) {
    const running = [...facts.activeJobs].slice(0, mostNamed).map(nodeOfJob)
    return { kind: 'quarantine', ...held, running, workers: serving }
  }
  const { limit, running } = facts
  if (limit !== undefined && running >= limit) return { kind: 'limit', ...held, limit, running }
  const slots = workers.slots(queue)
  if (running >= slots) {
    return { kind: 'busy', ...held, slots, running, workers: serving, by: takers(facts) }
  }
  return { kind: 'queued', ...held, workers: serving }
}

/** Says why a node waits whose runs are limited. */
async function explainLane(
  { what, limit }: { readonly what: string; readonly limit: number },
  held: { readonly queue: string; readonly place: Place; readonly losses: number },
  places: Places,
  workers: number,
): Promise<RootReason> {
  const running = await places.holders(what, mostNamed)
  if (running.length < Math.min(mostNamed, limit)) return { kind: 'queued', ...held, workers }
  return { kind: 'node-limit', ...held, limit, running }
}

/** The runs whose nodes take the slots of a queue. */
function takers({ activeJobs }: QueueFacts): BusyReason['by'] {
  const runs = new Map<string, { nodes: number; readonly example: string }>()
  for (const job of activeJobs) {
    const node = nodeOfJob(job)
    const run = node.slice(0, node.indexOf('/'))
    const known = runs.get(run)
    if (known === undefined) runs.set(run, { nodes: 1, example: node.slice(run.length + 1) })
    else known.nodes += 1
  }
  return [...runs]
    .map(([run, { nodes, example }]) => ({ run, nodes, example }))
    .toSorted((a, b) => b.nodes - a.nodes)
    .slice(0, mostNamed)
}

/** `run/node` of a job's id `run/node/generation`. */
function nodeOfJob(job: string): string {
  return job.slice(0, job.lastIndexOf('/'))
}
