import * as z from 'zod'

import { hasBegun, reachedBy, release } from './beginnings.ts'
import {
  countedAs,
  hasInputs,
  isLate,
  lossBudget,
  must,
  open,
  pending,
  plainQueue,
  queueAfterLoss,
  same,
  timeless,
  type Attempt,
  type EndStatus,
  type NodeState,
  type RunState,
  type World,
} from './world.ts'

/** The job that a reply of the ledger hands to a worker. */
export interface Handed {
  readonly jobId: string
  readonly fields: Readonly<Record<string, string>>
  readonly inputs: readonly (string | null)[] | undefined
  readonly told: string
}

/** A run was asked for. */
export function submitted(
  world: World,
  run: RunState,
  key: string,
  reply: { readonly state: string; readonly run: string },
): void {
  const known = key === '' ? undefined : world.keys.get(key)
  if (known !== undefined && known !== run.id) {
    same([reply.state, reply.run], ['known', known], 'the answer to a known key')
    return
  }
  same([reply.state, reply.run], ['created', run.id], 'the answer to a submission')
  if (world.runs.has(run.id)) return
  if (key !== '') world.keys.set(key, run.id)
  world.runs.set(run.id, run)
  if (run.delayed) {
    run.timer = 'set'
    return
  }
  run.waits = reachedBy(world, run)
  if (run.waits === undefined) hasBegun(world, run)
}

/** Active jobs of a queue, as far as BullMQ knows. */
function activeIn(world: World, queue: string): number {
  return open(world).filter(({ node }) => node.place === 'active' && node.queue === queue).length
}

/**
 * A worker asked for work and was given a job, or none.
 *
 * @param late True when its own job, which it had lost, took the last place in the queue until it was settled.
 */
export function handed(
  world: World,
  queue: string,
  token: string,
  job: Handed | undefined,
  late: boolean = false,
): Attempt | undefined {
  const room = world.limit === 0 || queue !== 'one' || activeIn(world, queue) < world.limit
  if (world.pausedQueues.has(plainQueue(queue))) {
    must(job === undefined, `${job?.jobId} was handed out of "${queue}", which is paused`)
    return undefined
  }
  if (job !== undefined) {
    must(room, `${job.jobId} was handed out beyond the limit of its queue`)
    const attempt = started(world, queue, token, job)
    if (!late) compareUrgency(world, attempt)
    return attempt
  }
  if (room && !late) compareIdle(world, queue)
  return undefined
}

/** A worker that is given nothing leaves nothing that it could do. */
function compareIdle(world: World, queue: string): void {
  if (world.shaken || world.lostRings.has(queue)) return
  const waiting = open(world).find((each) => isNext(world, queue, each))
  const name = `${waiting?.run.id}/${waiting?.node.plan.name}`
  must(waiting === undefined, `nothing was handed out of "${queue}", where ${name} waits`)
}

/** True for a node run that a worker of the queue can be given: of those in lanes, what has been let in. */
function isNext(
  world: World,
  queue: string,
  { run, node }: { readonly run: RunState; readonly node: NodeState },
): boolean {
  if (node.place !== 'queued' || node.queue !== queue) return false
  if (countedAs(run, node) === undefined) return true
  const line = world.before.get(queue)?.line ?? []
  return line.includes(`${run.id}/${node.plan.name}`)
}

/** Nothing of higher priority above 0 has waited for the same worker. */
function compareUrgency(world: World, { run, node, queue, jobId, count }: Attempt): void {
  // What was lost goes before all others, and what an error cut or an operator removed is out of turn.
  if (count > 1 || world.everCut || world.lostRings.size > 0 || world.longRings.size > 0) return
  const urgent = open(world).find(
    (each) =>
      each.node !== node &&
      each.run.priority > Math.max(0, run.priority) &&
      isNext(world, queue, each),
  )
  const name = `${urgent?.run.id}/${urgent?.node.plan.name}`
  must(urgent === undefined, `${jobId} was handed out before ${name}, which is of higher priority`)
}

const Data = z.object({
  run: z.string(),
  index: z.number(),
  base: z.number(),
  failures: z.number(),
})

/** An attempt begins. */
function started(world: World, queue: string, token: string, job: Handed): Attempt {
  const { run: id, index, base, failures } = Data.parse(JSON.parse(job.fields['data'] ?? '{}'))
  const run = world.runs.get(id)
  const node = run?.nodes[index]
  must(run !== undefined && node !== undefined, `${job.jobId} is of no run`)
  if (node.place === 'nowhere' && isLate(run, node) && hasInputs(run, node)) node.place = 'queued'
  same(node.place, 'queued', `the place of ${job.jobId}, which was handed out,`)
  same(node.queue, queue, `the queue of ${job.jobId}`)
  same(job.jobId, `${run.id}/${node.plan.name}/${node.generation}`, 'the id of the job')
  same([base, failures], [node.base, node.failures], `base and failures of ${job.jobId}`)
  node.starts += 1
  node.place = 'active'
  const at = job.fields['processedOn']
  same(job.fields['ats'], String(node.starts), `the count of starts of ${job.jobId}`)
  same(job.told, run.cancelling ? 'cancelled' : 'run', `what was told with ${job.jobId}`)
  same(job.inputs, inputsOf(run, node), `the inputs of ${job.jobId}`)
  return {
    run,
    node,
    queue,
    jobId: job.jobId,
    generation: node.generation,
    base: node.base,
    failures: node.failures,
    count: node.starts,
    at: at === undefined ? undefined : Number(at),
    token,
    told: job.told,
    held: true,
    settled: false,
    noted: false,
  }
}

function inputsOf(run: RunState, node: NodeState): (string | null)[] | undefined {
  if (node.plan.producers.length > 512) return undefined
  return Object.values(node.plan.inputs)
    .toSorted()
    .map((dataset) => run.data.get(dataset) ?? null)
}

/** How an attempt wants to end. */
export interface Ending {
  readonly type: 'succeeded' | 'failed' | 'cancelled' | 'retry' | 'release'
  /** Its record or event. */
  readonly event: string
  /** Its record, should the run be cancelled: for the last two. */
  readonly cancelled: string
  /** Its output. */
  readonly reference: string
}

/** True when no other attempt has started: then the end of this one counts. */
export function counts(world: World, { run, node, generation, count }: Attempt): boolean {
  return (
    world.runs.get(run.id) === run &&
    run.status === 'running' &&
    node.record === undefined &&
    (node.place === 'active' || node.place === 'queued') &&
    node.generation === generation &&
    node.starts === count
  )
}

/** An attempt was settled, and counted. */
export function settled(world: World, attempt: Attempt, ending: Ending): void {
  const { run, node } = attempt
  let { type, event } = ending
  if (run.cancelling && (type === 'retry' || type === 'release')) {
    type = 'cancelled'
    event = ending.cancelled
  }
  if (type === 'retry' || type === 'release') {
    node.place = type === 'retry' ? 'waiting' : 'queued'
    node.queue = queueAfterLoss(node)
    node.base += node.starts
    node.starts = 0
    node.generation += 1
    node.due = false
    if (type === 'retry') node.failures += 1
    world.told.push(event)
    return
  }
  if (type === 'succeeded') commitOutput(world, run, node, ending.reference)
  if (type === 'failed') fail(run, `Node "${node.plan.name}" failed: Error: no`)
  end(node, type, event)
  if (type === 'succeeded' && !run.cancelling) release(run)
  world.told.push(event)
}

function commitOutput(world: World, run: RunState, node: NodeState, reference: string): void {
  const dataset = node.plan.outputs['out'] ?? ''
  run.data.set(dataset, reference)
  if (!run.listed.has(node.index)) return
  world.commits += 1
  run.owed.set(dataset, world.commits)
}

export function end(node: NodeState, status: EndStatus, record: string): void {
  node.status = status
  node.record = record
  node.place = 'nowhere'
}

/** A worker was found lost. */
export function lost(world: World, jobId: string, queue: string): void {
  const found = open(world).find(
    ({ run, node }) => jobId === `${run.id}/${node.plan.name}/${node.generation}`,
  )
  must(found !== undefined, `${jobId} was taken back, which nobody ran`)
  const { run, node } = found
  same(node.place, 'active', `the place of ${jobId}, which was taken back,`)
  same(node.queue, queue, `the queue of ${jobId}`)
  const holder = world.attempts.find((each) => each.node === node && each.held && !each.settled)
  must(holder === undefined, `${jobId} was taken back from a worker that lives`)
  node.place = 'queued'
  // Handed out by a script that an error cut: there was no body to lose.
  if (node.starts === 0) return
  node.losses += 1
  const attempt = node.base + node.starts
  world.told.push(
    JSON.stringify({
      type: 'node_lost',
      run: run.id,
      node: node.plan.name,
      index: node.index,
      attempt,
      losses: node.losses,
      at: 0,
    }),
  )
  if (!run.cancelling && node.losses < lossBudget) {
    node.queue = queueAfterLoss(node)
    return
  }
  node.place = 'nowhere'
  node.endedByLoss = run.cancelling ? 'cancelled' : 'failed'
  if (!run.cancelling) fail(run, `Node "${node.plan.name}" failed: ${lossMessage}`)
}

/** Why a node run failed that too many workers were lost with. */
export const lossMessage = `${lossBudget} workers were lost while they ran this node.`

/** The first failure's word stays. */
function fail(run: RunState, reason: string): void {
  run.failed = true
  run.error ??= reason
}

/** The lease of an attempt was asked for again. */
export function renewed(world: World, attempt: Attempt, reply: boolean): void {
  same(reply, counts(world, attempt), `the answer to a renewal of ${attempt.jobId}`)
  if (!reply) return
  // Its worker lives: the loss that put it back was none.
  if (attempt.node.place === 'queued' && attempt.node.losses > 0) attempt.node.losses -= 1
  attempt.held = true
  attempt.node.place = 'active'
  attempt.node.queue = attempt.queue
}

/** A message about an attempt was sent. */
export function noted(
  world: World,
  attempt: Attempt,
  events: readonly string[],
  reply: string,
): void {
  const { run, node } = attempt
  let expected = run.cancelling ? 'cancelling' : 'running'
  if (run.status !== 'running' || node.record !== undefined) expected = 'ended'
  // A message of an attempt that was replaced may be taken or refused.
  if (reply === 'ended' && !counts(world, attempt)) expected = 'ended'
  same(reply, expected, `the answer to a message about ${attempt.jobId}`)
  if (expected !== 'ended') world.told.push(...events)
}

/** Timers that were due have fired. Runs whose time has come are seen to begin, or to wait for something else. */
export function fired(world: World): void {
  for (const run of pending(world)) if (run.timer === 'due') run.timer = 'none'
  for (const { node } of open(world)) {
    if (node.place !== 'waiting' || !node.due) continue
    node.place = 'queued'
    node.due = false
  }
}

/** A run was cancelled: nothing of it waits any more. Returns the answer that is due. */
export function cancelled(world: World, id: string): string {
  const run = world.runs.get(id)
  if (run === undefined || run.expired) return 'unknown'
  if (run.status !== 'running' && run.status !== 'pending') return 'ended'
  run.cancelling = true
  // It begins, and ends.
  if (run.status === 'pending') hasBegun(world, run)
  for (const node of run.nodes) {
    if (node.place === 'queued' || node.place === 'waiting') {
      node.place = 'nowhere'
      must(hasInputs(run, node), `${id}/${node.plan.name} waits without its inputs`)
    }
  }
  return 'cancelling'
}

/** A publication was made, or refused by its path. */
export function published(
  world: World,
  run: RunState,
  dataset: string,
  path: string,
  problem: string,
): void {
  const order = run.owed.get(dataset)
  if (order === undefined) return
  run.owed.delete(dataset)
  if (problem !== '') {
    fail(run, problem)
  } else if (order > (world.published.get(path) ?? 0)) {
    world.published.set(path, order)
  }
}

/** The end of a run, when it is due. */
export function finish(world: World, run: RunState): void {
  if (run.status !== 'running' || run.owed.size > 0) return
  if (run.nodes.some(({ record }) => record === undefined)) return
  run.holds = false
  run.status = run.failed ? 'failed' : 'succeeded'
  if (run.cancelling) run.status = 'cancelled'
  const event = { type: 'run_finished', run: run.id, status: run.status, at: 0 }
  world.told.push(timeless(JSON.stringify(event)))
}

/** An operator removed node runs from where they were. */
export function vanish(world: World, nodes: readonly NodeState[]): void {
  for (const node of nodes) node.place = 'vanished'
  for (const attempt of world.attempts) if (nodes.includes(attempt.node)) attempt.held = false
}
