import { claim } from './claiming.ts'
import { pick, type Session } from './session.ts'
import { bestOf, settle } from './settling.ts'
import { submit } from './submitting.ts'
import { membersOf, running, type Attempt } from './world.ts'

/** Workers end what there is of a run, before a caretaker has looked; and then somebody asks for another one. */
export async function rush(session: Session, x: number, y: number): Promise<void> {
  const { world } = session
  const run = pick(running(world), x)
  if (run === undefined) return
  for (let round = 0; round < 10 && run.status === 'running'; round += 1) {
    const mine = (each: Attempt): boolean => each.run === run && each.held && !each.settled
    const node = membersOf(run).find(({ place }) => place === 'queued')
    const attempt =
      world.attempts.find((each) => mine(each)) ??
      (node === undefined ? undefined : await claim(session, node.queue, true))
    if (attempt === undefined) break
    await session.check()
    await settle(session, attempt, bestOf(attempt), false, y)
    await session.check()
  }
  if (y % 4 > 0) await submit(session, x >> 4, y >> 2)
}
