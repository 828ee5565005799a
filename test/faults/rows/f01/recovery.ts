import { setTimeout as wait } from 'node:timers/promises'

import { gate, waiters } from '../../fixture/pipelines/gated.ts'
import { publication } from '../../fixture/pipelines/publication.ts'
import { openFaultProject, type Checked } from '../../project.ts'
import type { RowContext } from '../../row.ts'
import { until } from '../../until.ts'

/** A lease and how often lost ones are looked for; BullMQ calls them lock duration and stalled interval. */
export interface LeaseSettings {
  readonly lease: number
  readonly checkEvery: number
}

/** Of a run of `waiters`. */
const bodies = 4

/**
 * Kills a worker with four bodies under way beside an idle one, `trials` times, and waits until the other has started all
 * four again.
 */
export async function recoveryTrials(
  context: RowContext,
  settings: LeaseSettings,
  trials: number,
): Promise<Checked> {
  const project = await openFaultProject(context, { worker: { ...settings, concurrency: 4 } })
  let victim = await project.work()
  for (let trial = 0; trial < trials; trial += 1) {
    await project.close(gate)
    const run = await project.enqueue(waiters)
    const begun = async (worker: string): Promise<boolean> => {
      const effects = await project.effects()
      const own = effects.filter((each) => each.run === run.id && each.worker === worker)
      return own.filter(({ what }) => what === 'started').length === bodies
    }
    await until('four bodies in the victim', async () => begun(victim.name))
    const heir = await project.work()
    // The victim is full, so the heir does this: a worker that has been at work has its threads.
    await (await project.enqueue(publication)).wait({ timeout: 60_000 })
    // A kill at any point of the other's round of checks.
    await wait(context.random() * settings.checkEvery)
    await project.kill(victim)
    await until('four bodies in the heir', async () => begun(heir.name), 120_000)
    await project.open(gate)
    await project.ended(60_000)
    victim = heir
  }
  return project.check()
}
