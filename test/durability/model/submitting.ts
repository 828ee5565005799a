import { keepResults, queuesOf } from '@pipewright/engine/internal'

import { keep } from './keeping.ts'
import type { Session } from './session.ts'
import * as model from './transitions.ts'

/** Half of the runs have none. */
const priorities = [0, 0, 0, 0, 5, 5, 9, -3]

/** Milliseconds: timers are made due by hand. */
const farAway = 1_000_000

/** Asks for a run; some take over results of an earlier one. */
export async function submit(session: Session, x: number, y: number): Promise<void> {
  const { driver } = session
  if (session.runCount >= 5) return
  const run = session.newRun(x, (y >> 5) % 4 === 0 ? 'b' : 'a', {
    priority: priorities[(y >> 7) % priorities.length] ?? 0,
    delayed: (y >> 10) % 8 === 0,
  })
  const key = y % 3 === 0 ? `key${(y >> 4) % 2}` : ''
  const { hash, plan } = run.compiled
  const { priority, limits } = run
  const kept = (x >> 1) % 4 === 0 ? keep(run, x >> 3) : []
  if (kept.length > 0) await keepResults(session.redis, driver.prefix, run.id, kept)
  const once = async (): Promise<void> => {
    const reply = await driver.ledger.submit({
      run: run.id,
      delay: run.delayed ? farAway : 0,
      plan: hash,
      key,
      keyRetention: 600_000,
      queues: queuesOf(plan),
      header: {
        id: run.id,
        pipeline: plan.pipeline,
        plan: hash,
        key,
        retention: 1000,
        retentionFailed: 2000,
        ...(priority === 0 ? {} : { priority }),
        ...(kept.length === 0 ? {} : { resumes: 'r0' }),
        ...(limits.length === 0 ? {} : { limits: JSON.stringify(limits.flat()) }),
      },
    })
    model.submitted(session.world, run, key, reply)
  }
  await once()
  session.again = once
}
