import { laneOf } from '@pipewright/engine/internal'

import { answer } from './driver.ts'
import { endingOf, type Ending } from './endings.ts'
import { pick, type Session } from './session.ts'
import * as model from './transitions.ts'
import { must, same, type Attempt, type NodeState } from './world.ts'

/** How an attempt ends, by a number. */
export function typeOf({ told, run, node, failures }: Attempt, y: number): Ending['type'] {
  const choice = y % 16
  if (told !== 'run' || (run.cancelling && choice > 13)) return 'cancelled'
  // A map of nothing ends at once.
  if (choice < 8) return isUnknown(node) && choice > 0 ? 'expanded' : 'succeeded'
  if (choice < 11) return failures < 2 ? 'retry' : 'failed'
  return choice < 13 ? 'failed' : 'release'
}

/** True for a map whose elements are to be found out. */
function isUnknown({ plan, map, of }: NodeState): boolean {
  return plan.map !== undefined && map === undefined && of === undefined
}

/** How an attempt ends when all goes well. */
export function bestOf({ told, node }: Attempt): Ending['type'] {
  if (told !== 'run') return 'cancelled'
  return isUnknown(node) ? 'expanded' : 'succeeded'
}

/** Elements of a map that an earlier run has left are written before the map is expanded. */
async function keepElements({ driver }: Session, attempt: Attempt, ending: Ending): Promise<void> {
  const { node, run, token } = attempt
  const kept = [...(ending.expansion?.kept ?? [])]
  if (kept.length > 0) await driver.ledger.keepElements(run.id, node.index, token, kept)
}

/** Ends an attempt. Returns the one that its worker was handed next. */
export async function settle(
  session: Session,
  attempt: Attempt,
  type: Ending['type'],
  fetches: boolean,
  y: number = 0,
): Promise<Attempt | undefined> {
  const { world, driver } = session
  const { settlement, ending } = endingOf(attempt, type, y)
  await keepElements(session, attempt, ending)
  const accepted = model.counts(world, attempt)
  const late = attempt.node.place === 'queued'
  const { struck } = driver.calls
  const { code, next } = await driver.settle(attempt, settlement, fetches)
  attempt.settled = true
  const cut = driver.calls.struck > struck
  const again = ['retry', 'release', 'expanded'].includes(type)
  if (accepted) accept(session, attempt, ending, code, cut)
  else refuse(attempt, again, code)
  let following: Attempt | undefined
  if (accepted && fetches) {
    following = model.handed(world, attempt.queue, attempt.token, next, late || cut)
    if (following !== undefined) world.attempts.push(following)
  } else {
    same(next, undefined, `what was handed out after ${attempt.jobId}`)
  }
  const call = driver.calls.last
  if (call === undefined) return following
  const sent = { call, attempt, accepted, lenient: again || attempt.run.expired }
  session.sent.push(sent)
  session.again = async () => resend(session, sent, false)
  return following
}

function accept(
  { world }: Session,
  attempt: Attempt,
  ending: Ending,
  code: number,
  cut: boolean,
): void {
  const { queue, node, jobId, run } = attempt
  const ends = ending.type === 'failed' || ending.type === 'cancelled'
  const { length } = node.plan.dependents
  // Edges are left to be followed, and somebody has to know.
  if (!cut && (length > 512 || (ends && length > 0))) same(code, 1, `the answer to ${jobId}`)
  must(code >= 0, `${jobId} was refused as ${ending.type}`)
  model.settled(world, attempt, ending)
  if (!cut) world.left = laneOf(run.compiled.plan.pipeline, node.plan, queue)
  world.claimed = cut ? undefined : queue
  world.cut = cut ? queue : undefined
  // Its repetition finds that everything is done, and wakes nobody: the caretaker does.
  world.unsure[cut ? 'add' : 'delete'](queue)
}

function refuse({ node, run, jobId }: Attempt, again: boolean, code: number): void {
  // Where nothing is left of the job, one that ends nothing may be taken for a repetition.
  const idle = again && (node.record === undefined || run.expired)
  must(code < 0 || idle, `${jobId} was accepted`)
}

/** The reply to a settlement was lost, and its worker sends it again. */
async function resend(
  session: Session,
  { call, attempt, accepted, lenient }: Session['sent'][number],
  late: boolean,
): Promise<void> {
  const { code, next: job } = answer(await session.driver.calls.send(call))
  const what = `the answer to a repetition of ${attempt.jobId}`
  if (accepted && !(late && (lenient || attempt.run.expired))) must(code >= 0, `${what} is ${code}`)
  if (!accepted && !lenient) must(code < 0, `${what} is ${code}`)
  const theirs = session.world.attempts.find(
    (each) => each.token === attempt.token && each.held && !each.settled,
  )?.jobId
  if (!late || job !== undefined) same(job?.jobId, theirs, `what was handed out with ${what}`)
}

export async function repeat(session: Session, x: number, y: number): Promise<void> {
  if (y % 5 > 0 || session.sent.length === 0) return session.again?.()
  const sent = pick(session.sent, x)
  if (sent !== undefined) await resend(session, sent, true)
}
