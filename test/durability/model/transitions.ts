import * as z from 'zod'

import { hasBegun, reachedBy, release } from './beginnings.ts'
import { isLate, mayRun } from './conditions.ts'
import type { Ending } from './endings.ts'
import { countFailure, expand, isGivenUp, isReady, isThrough, nextOf } from './maps.ts'
import {
  countedAs,
  membersOf,
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
  const name = `${waiting?.run.id}/${waiting?.node.name}`
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
  return line.includes(`${run.id}/${node.name}`)
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
  const name = `${urgent?.run.id}/${urgent?.node.name}`
  must(urgent === undefined, `${jobId} was handed out before ${name}, which is of higher priority`)
}

const Data = z.object({
  run: z.string(),
  index: z.number(),
  base: z.number(),
  failures: z.number(),
  element: z.number().optional(),
})

/** An attempt begins. */
function started(world: World, queue: string, token: string, job: Handed): Attempt {
  const data = Data.parse(JSON.parse(job.fields['data'] ?? '{}'))
  const { run: id, index, base, failures, element } = data
  const run = world.runs.get(id)
  const map = run?.nodes[index]
  const node = element === undefined ? map : map?.map?.elements[element]
  must(run !== undefined && node !== undefined, `${job.jobId} is of no run`)
  comeIn(run, node)
  same(node.place, 'queued', `the place of ${job.jobId}, which was handed out,`)
  same(node.queue, queue, `the queue of ${job.jobId}`)
  same(job.jobId, `${run.id}/${node.name}/${node.generation}`, 'the id of the job')
  same([base, failures], [node.base, node.failures], `base and failures of ${job.jobId}`)
  node.starts += 1
  node.place = 'active'
  const at = job.fields['processedOn']
  same(job.fields['ats'], String(node.starts), `the count of starts of ${job.jobId}`)
  const told = run.cancelling || isGivenUp(node) ? 'cancelled' : 'run'
  same(job.told, told, `what was told with ${job.jobId}`)
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

/** Who may have been released a little later is, as a worker is handed it. */
function comeIn(run: RunState, node: NodeState): void {
  if (node.place === 'mapped' && node.map !== undefined && isThrough(run, node.map))
    node.place = 'queued'
  if (node.place !== 'nowhere') return
  const next = node.of?.map === undefined ? undefined : nextOf(node.of.map)
  const late = node.of === undefined ? isLate(run, node) && mayRun(run, node) : next === node
  if (late) node.place = 'queued'
}

function inputsOf(run: RunState, node: NodeState): (string | null)[] | undefined {
  if (node.plan.producers.length > 512) return undefined
  return Object.values(node.plan.inputs)
    .toSorted()
    .map((dataset) => run.data.get(dataset) ?? null)
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
  const goesOn = ['retry', 'release', 'expanded'].includes(ending.type)
  const isStopped = goesOn && (run.cancelling || isGivenUp(node))
  const { event, record } = isStopped ? ending.cancelled : ending
  const type = isStopped ? 'cancelled' : ending.type
  if (type === 'expanded') {
    if (ending.expansion !== undefined)
      expand(node, attempt.base + attempt.count, ending.cancelled.record, ending.expansion)
    return
  }
  if (isTold(node)) world.told.push(event)
  if (type === 'retry' || type === 'release') {
    tryAgain(node, type)
    return
  }
  end(node, type, record)
  if (node.of === undefined) follow(world, attempt, type, ending)
  else if (type === 'failed') countFailure(node)
}

/** What follows on the end of a node run. */
function follow(world: World, { run, node }: Attempt, type: Ending['type'], ending: Ending): void {
  if (type === 'succeeded') {
    node.declined = ending.declined
    const { fingerprint } = ending
    if (fingerprint !== undefined) world.reusable.set(fingerprint, `${run.id}|${node.index}`)
    commitOutput(world, run, node, ending.reference)
  }
  if (type === 'failed') fail(run, `Node "${node.name}" failed: Error: no`)
  if (!run.cancelling) release(run)
}

/** True when observers are told of the node run: of elements not in maps that have very many. */
export function isTold({ of }: NodeState): boolean {
  return of?.map?.told !== false
}

function tryAgain(node: NodeState, type: 'retry' | 'release'): void {
  node.place = type === 'retry' ? 'waiting' : 'queued'
  node.queue = queueAfterLoss(node)
  node.base += node.starts
  node.starts = 0
  node.generation += 1
  node.due = false
  if (type === 'retry') node.failures += 1
}

/** The output of a node is there, from an attempt or from an earlier run. */
export function commitOutput(
  world: World,
  run: RunState,
  node: NodeState,
  reference: string | undefined,
): void {
  const dataset = node.plan.outputs['out']
  if (reference === undefined || dataset === undefined) return
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

/** The first failure's word stays. */
export function fail(run: RunState, reason: string): void {
  run.failed = true
  run.error ??= reason
}

/** A message about an attempt was sent. */
export function noted(
  world: World,
  attempt: Attempt,
  events: readonly string[],
  reply: string,
): void {
  const { run, node } = attempt
  let expected = run.cancelling || isGivenUp(node) ? 'cancelling' : 'running'
  if (run.status !== 'running' || node.record !== undefined) expected = 'ended'
  // A message of an attempt that was replaced may be taken or refused.
  if (reply === 'ended' && !counts(world, attempt)) expected = 'ended'
  same(reply, expected, `the answer to a message about ${attempt.jobId}`)
  if (expected !== 'ended' && isTold(node)) world.told.push(...events)
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
  for (const node of membersOf(run)) {
    if (node.place === 'queued' || node.place === 'waiting') {
      node.halted = node.of !== undefined
      node.place = 'nowhere'
      must(isReady(run, node), `${id}/${node.name} waits without its inputs`)
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
