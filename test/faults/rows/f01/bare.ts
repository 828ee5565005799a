import { setTimeout as wait } from 'node:timers/promises'

import { openBareFleet, type BareWorker } from '../../bare/fleet.ts'
import { between } from '../../random.ts'
import type { BareResult, RowContext } from '../../row.ts'
import { until } from '../../until.ts'
import { killIsDue, stormLease, type Storm } from './storm.ts'

/** As many jobs as the storm has nodes, with as many kills, under the same lease. */
export async function bareStorm(context: RowContext, storm: Storm): Promise<BareResult> {
  const { kills, nodes, workers, concurrency, pace } = storm
  const { lease, checkEvery } = stormLease
  const fleet = await openBareFleet(context, {
    concurrency,
    lockDuration: lease,
    stalledInterval: checkEvery,
  })
  await fleet.add({ does: 'wait', time: pace }, nodes)
  const crew: BareWorker[] = await Promise.all(Array.from({ length: workers }, () => fleet.work()))
  let killed = 0
  while (killed < kills && (await fleet.open()) > 0 && !context.signal.aborted) {
    await wait(between(context.random, 50, 600))
    const effects = await fleet.effects()
    const bodies = new Set(effects.map(({ run, node }) => `${run}/${node}`))
    if (!killIsDue(storm, killed, bodies.size)) continue
    const begun = new Set(effects.map(({ worker }) => worker))
    const victims = crew.filter(({ name }) => begun.has(name))
    const victim = victims[between(context.random, 0, victims.length - 1)]
    if (victim === undefined) continue
    crew.splice(crew.indexOf(victim), 1)
    await fleet.kill(victim)
    void fleet.work().then((worker) => crew.push(worker))
    killed += 1
  }
  const note = `storm with the same lease (lock ${lease / 1000} s, stalled check ${checkEvery / 1000} s)`
  return fleet.result(killed, note, 120_000)
}

/** A worker killed with four jobs under way, beside an idle one, with BullMQ's defaults. */
export async function bareRecovery(context: RowContext): Promise<BareResult> {
  const fleet = await openBareFleet(context, { concurrency: 4 })
  const victim = await fleet.work()
  await fleet.add({ does: 'gate', gate: 'go' }, 4)
  const begun = async (worker: string): Promise<boolean> =>
    (await fleet.effects()).filter((each) => each.worker === worker).length === 4
  await until('four jobs in the victim', async () => begun(victim.name))
  const heir = await fleet.work()
  await fleet.kill(victim)
  await until('four jobs in the heir', async () => begun(heir.name), 150_000)
  await fleet.openGate('go')
  return fleet.result(1, '', 30_000)
}
