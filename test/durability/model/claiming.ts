import { handedOut, newToken } from './driver.ts'
import type { Session } from './session.ts'
import * as model from './transitions.ts'
import { same, type Attempt } from './world.ts'

/** Asks for a job as a worker does that is idle. */
export async function claim(
  session: Session,
  queue: string,
  woken: boolean,
): Promise<Attempt | undefined> {
  const { world, driver } = session
  const token = newToken()
  const job = await driver.claim(queue, token, woken)
  const attempt = model.handed(world, queue, token, job)
  world.claimed = queue
  world.unsure.delete(queue)
  if (attempt === undefined) return undefined
  world.attempts.push(attempt)
  const call = driver.calls.last
  session.again = async () => {
    if (call !== undefined)
      same(handedOut(await driver.calls.send(call)), job, 'the job of a repetition')
    world.claimed = queue
  }
  return attempt
}
