import { setTimeout as wait } from 'node:timers/promises'

import { bareDefaults, openBareFleet } from '../../bare/fleet.ts'
import { p95 } from '../../random.ts'
import { ownRedis } from '../../redis/own-redis.ts'
import { nextStart } from '../../redis/starts.ts'
import type { BareResult, RowContext } from '../../row.ts'

/** Redis killed and started again after a second while plain BullMQ has jobs to do. */
export async function bareOutages(context: RowContext, kills: number): Promise<BareResult> {
  const redis = await ownRedis(context)
  const fleet = await openBareFleet(context, { concurrency: 8 }, redis.url)
  await Promise.all([fleet.work(), fleet.work()])
  const recoveries: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await fleet.add({ does: 'wait', time: 100 }, 400)
    await wait(500)
    await redis.kill()
    await wait(1000)
    await redis.restart()
    recoveries.push(await nextStart(fleet, Date.now()))
  }
  const result = await fleet.result(kills, bareDefaults, 90_000)
  return { ...result, recoveryP95Ms: p95(recoveries) }
}
