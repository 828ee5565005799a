import { laneOf } from '@pipewright/engine/internal'

import { answer } from './driver.ts'
import { endingOf } from './endings.ts'
import { pick, type Session } from './session.ts'
import * as model from './transitions.ts'
import { must, same, type Attempt } from './world.ts'

/** How an attempt ends, by a number. */
export function typeOf({ told, run, failures }: Attempt, y: number): model.Ending['type'] {
  const choice = y % 16
  if (told !== 'run' || (run.cancelling && choice > 13)) return 'cancelled'
  if (choice < 8) return 'succeeded'
  if (choice < 11) return failures < 2 ? 'retry' : 'failed'
  return choice < 13 ? 'failed' : 'release'
}

/** Ends an attempt. Returns the one that its worker was handed next. */
export async function settle(
  session: Session,
  attempt: Attempt,
  type: model.Ending['type'],
  fetches: boolean,
): Promise<Attempt | undefined> {
  const { world, driver } = session
  const { settlement, ending } = endingOf(attempt, type)
  const accepted = model.counts(world, attempt)
  const late = attempt.node.place === 'queued'
  const { struck } = driver.calls
  const { code, next } = await driver.settle(attempt, settlement, fetches)
  attempt.settled = true
  const cut = driver.calls.struck > struck
  const again = type === 'retry' || type === 'release'
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
  ending: model.Ending,
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
