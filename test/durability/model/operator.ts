import { admissionQueue, chunksOf, keys } from '@pipewright/engine/internal'

import { hasBegun, reachedBy } from './beginnings.ts'
import { mayRun } from './conditions.ts'
import { pick, type Session } from './session.ts'
import type { Held, Snapshot } from './snapshot.ts'
import { vanish } from './transitions.ts'
import {
  membersOf,
  must,
  open,
  pending,
  queueAfterLoss,
  queues,
  running,
  same,
  type NodeState,
  type RunState,
} from './world.ts'

/** An operator, an eviction or a lost write takes something away. */
export async function sabotage(session: Session, x: number, y: number): Promise<void> {
  const ways = [obliterate, removeJob, removeTimers, removeReady, removeRing, removeBacklog]
  const { seen } = session
  // What an error cut on its way into a queue would come back by itself.
  if (seen === undefined || seen.held.some(({ cut }) => cut)) return
  await pick(ways, y)?.(session, seen, x)
}

/** The node runs that lie in such places. */
function nodesIn(session: Session, seen: Snapshot, where: (held: Held) => boolean): NodeState[] {
  return seen.held.filter(where).flatMap(({ run, name }) => {
    const state = session.world.runs.get(run)
    return state === undefined ? [] : membersOf(state).filter((each) => each.name === name)
  })
}

async function obliterate(session: Session, seen: Snapshot, x: number): Promise<void> {
  const { world, driver, redis } = session
  const queue = pick(queues, x) ?? ''
  const jobs = (held: Held): boolean =>
    held.queue === queue && !held.ready && held.place !== 'waiting'
  vanish(world, nodesIn(session, seen, jobs))
  if (queue === 'one') world.limit = 0
  // Its pause lies among what is removed.
  world.pausedQueues.delete(queue)
  const found = [...seen.keys.keys()].filter((key) => key.startsWith(`queue:${queue}:`))
  if (found.length > 0) await redis.del(found.map((key) => `${driver.prefix}:${key}`))
}

async function removeJob(session: Session, seen: Snapshot, x: number): Promise<void> {
  const { world, driver, redis } = session
  const held = pick(
    seen.held.filter(({ place, ready }) => place === 'queued' && !ready),
    x,
  )
  if (held === undefined) return
  const nodes = nodesIn(session, seen, (each) => each === held)
  vanish(world, nodes)
  const id = `${held.run}/${held.name}/${held.generation}`
  await redis.lrem(driver.key(held.queue, 'wait'), 0, id)
  // Some leave the job's hash behind, as a lost write would.
  const started = nodes.some(({ starts }) => starts > 0)
  if (started || x % 2 === 0) await redis.del(driver.key(held.queue, id))
  else session.world.orphans.add(`queue:${held.queue}:${id}`)
}

async function removeTimers(session: Session, seen: Snapshot): Promise<void> {
  vanish(
    session.world,
    nodesIn(session, seen, ({ place }) => place === 'waiting'),
  )
  session.world.lostTimers = true
  for (const run of pending(session.world)) if (run.timer !== 'none') run.timer = 'lost'
  await session.redis.del(keys.due(session.driver.prefix))
}

async function removeReady(session: Session, seen: Snapshot, x: number): Promise<void> {
  const held = pick(
    seen.held.filter(({ ready }) => ready),
    x,
  )
  if (held === undefined) return
  const list = (each: Held): boolean => each.ready && each.run === held.run && each.via === held.via
  vanish(session.world, nodesIn(session, seen, list))
  session.world.longRings.add(held.via)
  await session.redis.del(keys.ready(session.driver.prefix, held.run, held.via))
}

async function removeRing(session: Session, seen: Snapshot, x: number): Promise<void> {
  const rings = [...seen.keys.keys()].filter((key) => key.startsWith('ready:'))
  const ring = pick(rings, x)
  if (ring === undefined) return
  const name = ring.slice('ready:'.length).replace(/:-?\d+$/, '')
  session.world.lostRings.add(name)
  session.world.longRings.add(name)
  await session.redis.del(`${session.driver.prefix}:${ring}`)
}

async function removeBacklog(session: Session, seen: Snapshot): Promise<void> {
  if (!seen.keys.has('backlog')) return
  const { world } = session
  world.lostEdges = true
  const late = open(world).filter(
    ({ run, node }) =>
      node.place === 'nowhere' &&
      node.of === undefined &&
      node.kept === undefined &&
      mayRun(run, node),
  )
  vanish(
    world,
    late.map(({ node }) => node),
  )
  await session.redis.del(keys.backlog(session.driver.prefix))
}

/** A pass of the reconciler over all runs, which stand still. */
export async function mend(session: Session): Promise<void> {
  const { world } = session
  if (session.busy && !world.lostEdges) return
  const { struck } = session.driver.calls
  for (const run of running(world)) await mendRun(session, run)
  for (const run of pending(world)) await mendPending(session, run)
  for (const { id, status } of world.runs.values()) {
    if (world.endsCut && status !== 'running' && status !== 'pending')
      await session.driver.ledger.mend(id, [], [])
  }
  if (session.driver.calls.struck === struck) world.endsCut = false
  world.lostTimers = false
  world.lostEdges = false
  world.lostRings.clear()
  for (const queue of queues) world.unsure.add(queue)
  await adopt(session)
}

/** A run that waits begins when its turn has come, or its timer was lost. */
async function mendPending(session: Session, run: RunState): Promise<void> {
  const { world, driver } = session
  const { struck } = driver.calls
  if (run.timer === 'lost') run.timer = 'none'
  const begins = run.timer === 'none' && reachedBy(world, run) === undefined
  const mended = await driver.ledger.mend(run.id, [], [])
  if (driver.calls.struck === struck) same(mended, begins ? 1 : 0, `whether ${run.id} begins`)
  if (begins) hasBegun(world, run)
}

/** What is done about the dependents of a node run that has ended; undefined for what their inputs tell. */
function followedAs({
  status,
  declined,
}: NodeState): 'skipped' | 'cancelled' | 'choose' | undefined {
  if (status === 'succeeded' || status === 'reused')
    return declined.size === 0 ? undefined : 'choose'
  if (status === 'cancelled') return 'cancelled'
  return status === undefined ? undefined : 'skipped'
}

async function mendRun(session: Session, run: RunState): Promise<void> {
  const { pipeline } = run.compiled.plan
  const ready = run.nodes.flatMap((node) =>
    node.record === undefined && mayRun(run, node)
      ? [{ index: node.index, name: node.name, queue: admissionQueue(pipeline, node.plan) }]
      : [],
  )
  const followed = run.nodes.flatMap((node) => {
    const { index, plan } = node
    const how = followedAs(node)
    const left = plan.dependents.some((each) => run.nodes[each]?.record === undefined)
    return !left || how === undefined
      ? []
      : [{ index, chunks: chunksOf(plan.dependents.length), how }]
  })
  const { struck } = session.driver.calls
  let mended = 0
  for (let first = 0; first === 0 || first < ready.length; first += 256) {
    const part = ready.slice(first, first + 256)
    mended += await session.driver.ledger.mend(run.id, part, first === 0 ? followed : [])
  }
  const gone = run.nodes.filter(({ place }) => place === 'vanished').length
  // A repetition finds what was put back before the error.
  if (session.driver.calls.struck === struck)
    same(mended, gone, `the node runs of ${run.id} that were put back`)
}

/** Where the reconciler has put what had vanished: under a new generation, so that nobody else can end it. */
async function adopt(session: Session): Promise<void> {
  const seen = await session.peek()
  session.world.orphans.clear()
  for (const { run, node } of open(session.world)) {
    if (node.place !== 'vanished') continue
    const name = `${run.id}/${node.name}`
    const held = seen.held.find((each) => each.run === run.id && each.name === node.name)
    must(held !== undefined, `${name} was not put back`)
    must(held.generation > node.generation, `${name} was put back under its old generation`)
    const used = node.base + node.starts
    must(held.base >= used, `${name} would count its attempts from ${held.base}, after ${used}`)
    node.place = 'queued'
    node.queue = queueAfterLoss(node)
    node.generation = held.generation
    node.base = held.base
    node.starts = 0
    node.due = false
  }
}
