import { keys } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import { claim } from './claiming.ts'
import type { Driver } from './driver.ts'
import { mend } from './operator.ts'
import type { Scenario } from './scenario.ts'
import { Session } from './session.ts'
import { bestOf, settle } from './settling.ts'
import { advance, makePublication, perform, recover, setPause } from './steps.ts'
import { fired } from './transitions.ts'
import {
  must,
  open,
  pending,
  running,
  same,
  type Attempt,
  type Place,
  type World,
} from './world.ts'

/** Does a sequence on the ledger and on the model, compares them after each step, and lets everything end. */
export async function play(driver: Driver, redis: Redis, scenario: Scenario): Promise<void> {
  const session = new Session(driver, redis, scenario)
  await session.begin()
  for (const step of scenario.steps) {
    await perform(session, step)
    if (session.changed) await session.check()
  }
  await drain(session)
}

/** Workers that always succeed end everything. */
async function drain(session: Session): Promise<void> {
  const { world } = session
  if (unended(world) === 0 && !world.endsCut) return
  session.driver.calls.cut = 0
  await resumeAll(session)
  await followEdges(session)
  await session.check()
  await mend(session)
  await session.check()
  for (let round = 0; unended(world) > 0; round += 1) {
    must(round < 80, `these do not end: ${openNodes(world)}`)
    for (const queue of queuesWith(world, 'active')) await recover(session, queue, 2)
    for (const attempt of world.attempts.filter(({ held }) => held)) await work(session, attempt)
    const timers = open(world).some(({ node }) => node.place === 'waiting')
    if (timers || pending(world).some(({ timer }) => timer === 'set')) {
      await fireAll(session)
      await session.check()
    }
    for (const queue of queuesWith(world, 'queued')) {
      const attempt = await claim(session, queue, true)
      if (attempt !== undefined) await work(session, attempt)
    }
    await followEdges(session)
    await session.check()
    if (running(world).some(({ owed }) => owed.size > 0)) {
      await publishAll(session)
      await session.check()
    }
  }
  // What goes by itself may stay a little.
  const { keys: found, expiries } = session.seen ?? { keys: new Map(), expiries: new Map() }
  const left = [...found.keys()].filter((key) => !staying.test(key) && !expiries.has(key))
  same(left, [], 'what is left in Redis')
}

async function resumeAll(session: Session): Promise<void> {
  const { paused, pausedQueues } = session.world
  for (const among of [paused, pausedQueues]) {
    for (const name of among) {
      await setPause(session, among, name)
      await session.check()
    }
  }
}

function unended(world: World): number {
  return running(world).length + pending(world).length
}

function openNodes(world: World): string {
  const names = open(world).map(({ run, node }) => `${run.id}/${node.name} ${node.place}`)
  names.push(...pending(world).map(({ id, waits, timer }) => `${id} ${waits} ${timer}`))
  return names.slice(0, 10).join(', ')
}

function queuesWith(world: World, place: Place): ReadonlySet<string> {
  return new Set(open(world).flatMap(({ node }) => (node.place === place ? [node.queue] : [])))
}

/** A worker ends its attempt, and all that it is handed after it. */
async function work(session: Session, first: Attempt): Promise<void> {
  let attempt: Attempt | undefined = first
  while (attempt !== undefined && !attempt.settled) {
    attempt = await settle(session, attempt, bestOf(attempt), true)
  }
}

async function followEdges(session: Session): Promise<void> {
  while ((await session.driver.ledger.advance()).backlog > 0);
  session.world.turned = true
  // A timer may have been due.
  fired(session.world)
  session.world.unsure.clear()
  session.world.shaken = false
}

async function fireAll(session: Session): Promise<void> {
  const { redis, driver, world } = session
  const due = keys.due(driver.prefix)
  for (const member of await redis.zrange(due, '0', '-1')) {
    if (!member.startsWith('publish|')) await redis.zadd(due, 'XX', 1, member)
  }
  for (const run of pending(world)) if (run.timer === 'set') run.timer = 'due'
  for (const { node } of open(world)) if (node.place === 'waiting') node.due = true
  await advance(session, 512)
}

async function publishAll(session: Session): Promise<void> {
  for (const run of running(session.world)) {
    for (const dataset of run.owed.keys()) await makePublication(session, run, dataset, true, '')
  }
}

/** Keys that stay when all runs have ended. */
const staying =
  /^(?:queues|plans|finished|published|publications:sequence|(?:key|claim|publishing|held):.+|run:[^:]+(?::nodes|:data)?|queue:[^:]+:(?:meta|id|marker|stalled|stalled-check))$/
