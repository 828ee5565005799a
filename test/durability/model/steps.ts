import { keys, type Event } from '@pipewright/engine/internal'

import { claim } from './claiming.ts'
import { newToken } from './driver.ts'
import { messageOf } from './endings.ts'
import { lost, renewed } from './losses.ts'
import { mend, sabotage } from './operator.ts'
import { rush } from './rush.ts'
import type { Step } from './scenario.ts'
import { pick, type Session } from './session.ts'
import { repeat, settle, typeOf } from './settling.ts'
import { submit } from './submitting.ts'
import * as model from './transitions.ts'
import {
  lossBudget,
  must,
  open,
  queues,
  running,
  same,
  type Attempt,
  type NodeState,
  type RunState,
  type World,
} from './world.ts'

/** Does one step on both sides. Where there is nothing to do it on, nothing is done. */
export async function perform(session: Session, { kind, x, y }: Step): Promise<void> {
  if (kind !== 'repeat') session.again = undefined
  await steps[kind](session, x, y)
}

/** Parts of the keys of which a write is cut. */
const families = [
  ':held:pipeline',
  ':held:pipeline',
  ':held:key',
  ':held:node',
  ':waiting:',
  ':backlog',
  ':runs',
  ':nodes',
  ':live',
  ':due',
  ':outbox',
  ':ready:',
  ':publi',
]

type Doing = (session: Session, x: number, y: number) => Promise<void>

const steps: Readonly<Record<Step['kind'], Doing>> = {
  submit,
  async claim(session, x, y) {
    const used = queues.filter((queue) => session.seen?.held.some((held) => held.queue === queue))
    await claim(session, pick(y % 8 < 7 ? used : queues, x) ?? 'one', y % 2 === 0)
  },
  async settle(session, x, y) {
    const attempt = pick(unsettled(session), x)
    // Where nothing runs, something is to be started.
    if (attempt === undefined) await steps.claim(session, x, y)
    else await settle(session, attempt, typeOf(attempt, y), (y & 256) !== 0, y)
  },
  repeat,
  async cut(session, x, y) {
    const { calls } = session.driver
    calls.among = y % 2 === 0 ? '' : (pick(families, y >> 1) ?? '')
    calls.cut = 1 + (x % (calls.among === '' ? 30 : 2))
    await Promise.resolve()
  },
  rush,
  async lose(session, x, y) {
    const attempt = pick(
      session.world.attempts.filter(({ held, settled }) => held && !settled),
      x,
    )
    if (attempt === undefined) return
    attempt.held = false
    await session.redis.del(`${session.driver.key(attempt.queue, attempt.jobId)}:lock`)
    // Mostly it is found soon, and now and then whoever takes it over is lost too.
    if (y % 4 > 0) await recover(session, attempt.queue, 2)
    if (y % 8 === 7) await loseAgain(session, attempt)
  },
  async recover(session, x, y) {
    const used = queues.filter((queue) => session.seen?.keys.has(`queue:${queue}:active`))
    await recover(session, pick(used, x) ?? 'one', y % 3 === 0 ? 1 : 2)
  },
  async renew(session, x) {
    const attempt = pick(unsettled(session), x)
    if (attempt === undefined) return
    const once = async (): Promise<void> =>
      renewed(session.world, attempt, await session.driver.renew(attempt))
    await once()
    session.again = once
  },
  note,
  fire,
  async advance(session, _x, y) {
    await advance(session, y % 3 === 0 ? 1 : 512)
  },
  async cancel(session, x, y) {
    const run = pick([...session.world.runs.keys(), 'nobody'], x) ?? ''
    const killed = y % 3 === 0
    const once = async (): Promise<void> => {
      const { calls } = session.driver
      const { struck } = calls
      const expected = model.cancelled(session.world, run)
      const reply = await session.driver.cancel(run, killed)
      // A repetition may find that it has done everything.
      const done = calls.struck > struck && reply === 'ended'
      if (!done) same(reply, expected, `the answer to cancel ${run}`)
      // Whoever follows the edges fires timers as well.
      if (expected === 'cancelling' && !killed) model.fired(session.world)
    }
    await once()
    session.again = once
  },
  publish,
  sabotage,
  mend,
  async expire(session, x) {
    const ended = [...session.world.runs.values()].filter(
      ({ status, expired }) => status !== 'running' && status !== 'pending' && !expired,
    )
    const run = pick(ended, x)
    if (run === undefined) return
    run.expired = true
    const key = keys.run(session.driver.prefix, run.id)
    await session.redis.del(key, `${key}:nodes`, `${key}:data`)
  },
  async pause(session, x, y) {
    const { paused, pausedQueues } = session.world
    const pipelines = session.scenario.graphs.map((_, at) => `p${at}`)
    const names = y % 2 === 0 ? pipelines : ['one', 'two', 'three']
    const name = pick(names, x) ?? ''
    await setPause(session, y % 2 === 0 ? paused : pausedQueues, name)
  },
}

/** Pauses a pipeline or a queue, or resumes it when it is paused, as the client does. */
export async function setPause(session: Session, among: Set<string>, name: string): Promise<void> {
  const { redis, world, driver } = session
  const isPipeline = among === world.paused
  const [key, mark] = isPipeline
    ? [keys.pausedPipelines(driver.prefix), name]
    : [driver.key(name, 'meta'), 'paused']
  if (!among.delete(name)) {
    among.add(name)
    if (isPipeline) await redis.sadd(key, mark)
    else await redis.hset(key, mark, 1)
    return
  }
  if (isPipeline) await redis.srem(key, mark)
  else await redis.hdel(key, mark)
  await advance(session, 512)
}

function unsettled({ world }: Session): Attempt[] {
  return world.attempts.filter(({ settled }) => !settled)
}

/** Workers are lost one after the other while they run a node. */
async function loseAgain(session: Session, { node }: Attempt): Promise<void> {
  for (let loss = 1; loss < lossBudget; loss += 1) {
    const { queue } = node
    const next = node.place === 'queued' ? await claim(session, queue, true) : undefined
    if (next?.node !== node) return
    await session.check()
    next.held = false
    await session.redis.del(`${session.driver.key(queue, next.jobId)}:lock`)
    await recover(session, queue, 2)
    await session.check()
  }
}

/** Looks for lost workers so many times. */
export async function recover(session: Session, queue: string, times: number): Promise<void> {
  const { world, driver } = session
  for (let time = 0; time < times; time += 1) {
    for (const jobId of await driver.recover(queue)) lost(world, jobId, queue)
  }
  const left = open(world).filter(
    ({ node }) =>
      node.place === 'active' &&
      node.queue === queue &&
      !world.attempts.some((each) => each.node === node && each.held && !each.settled),
  )
  must(times < 2 || left.length === 0, `${left[0]?.node.name} was lost and not found`)
  const call = driver.calls.last
  session.again = async () => {
    if (call !== undefined) same(await driver.calls.send(call), [], 'what a repetition took back')
  }
}

/** Of an element. */
function numberOf({ of, element }: NodeState): readonly number[] {
  return of === undefined ? [] : [element]
}

async function note(session: Session, x: number, y: number): Promise<void> {
  const { world, driver } = session
  const attempt = pick(unsettled(session), x)
  if (attempt === undefined) return
  const { shown, events } = messageOf(attempt, y % 2 === 0)
  attempt.noted = true
  const { run, node } = attempt
  // The same texts, parsed to be written again.
  const told = events.map((text) => JSON.parse(text) as Event)
  const message = driver.ledger.note(run.id, node.index, shown, told, ...numberOf(node))
  const reply = await driver.ledger.send(message)
  model.noted(world, attempt, events, reply)
  const call = driver.calls.last
  session.again = async () => {
    if (call !== undefined) same(await driver.calls.send(call), reply, 'the answer to a repetition')
  }
}

/** A turn of a caretaker. */
export async function advance(
  session: Session,
  budget: number,
  publishes: boolean = false,
): Promise<readonly string[]> {
  const { struck } = session.driver.calls
  const { backlog, publications } = await session.driver.ledger.advance(publishes, budget)
  model.fired(session.world)
  session.world.unsure.clear()
  if (session.driver.calls.struck === struck) {
    session.world.shaken = false
    session.world.turned = true
  }
  if (!publishes) same(publications, [], 'publications for one who makes none')
  must(backlog >= 0, 'the backlog is negative')
  return publications
}

/** A timer is due, and the caretaker looks. */
async function fire(session: Session, x: number, y: number): Promise<void> {
  const { world, redis, driver, seen } = session
  const members = (seen?.keys.get('due') ?? []).filter((_, at) => at % 2 === 0)
  const member = pick(members, x)
  if (member === undefined) return
  await redis.zadd(keys.due(driver.prefix), 'XX', 1, member)
  if (!member.startsWith('publish|')) {
    isDue(world, member)
    if (y % 4 > 0) await advance(session, 512)
    return
  }
  if (y % 4 === 0) await advance(session, 512)
  const { struck } = driver.calls
  const publications = await advance(session, 512, true)
  // What an error cut off is handed out again in half a minute.
  if (driver.calls.struck === struck)
    must(
      publications.includes(member.slice('publish|'.length)),
      `${member} was due and is not made`,
    )
  same(await advance(session, 512, true), [], 'publications that are made already')
}

/** The time of a retry has come, or that of a run that was delayed. */
function isDue(world: World, member: string): void {
  const [kind, id = '', ...rest] = member.split('|')
  const run = world.runs.get(id)
  const node = kind === 'retry' ? run?.nodes[Number(rest[1])] : undefined
  if (node !== undefined) node.due = true
  if (kind === 'begin' && run?.timer === 'set') run.timer = 'due'
}

async function publish(session: Session, x: number, y: number): Promise<void> {
  const owed = running(session.world).flatMap((run) =>
    [...run.owed.keys()].map((dataset) => ({ run, dataset })),
  )
  const one = pick(owed, x)
  if (one === undefined) return
  const problem = y % 16 === 1 ? 'the path is a folder' : ''
  await makePublication(session, one.run, one.dataset, y % 4 > 0, problem)
}

/** Says that a dataset lies at its path, by one who holds the lock of the path or has lost it. */
export async function makePublication(
  session: Session,
  run: RunState,
  dataset: string,
  locked: boolean,
  problem: string,
): Promise<void> {
  const { world, driver, redis } = session
  const index = run.nodes.findIndex(({ plan }) => plan.outputs['out'] === dataset)
  const member = `${run.id}|${index}|${dataset}`
  const path = `path/${dataset}`
  const token = newToken()
  if (locked) await redis.set(keys.publishing(driver.prefix, path), token, 'PX', 600_000, 'NX')
  const reply = await driver.ledger.published(member, path, token, problem)
  same(reply, locked, `the answer to a publication of ${member}`)
  if (!locked) return
  model.published(world, run, dataset, path, problem)
  const call = driver.calls.last
  session.again = async () => {
    if (call !== undefined) same(await driver.calls.send(call), 1, 'the answer to a repetition')
  }
}
