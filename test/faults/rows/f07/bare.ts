import { setTimeout as wait } from 'node:timers/promises'

import { bareDefaults, openBareFleet } from '../../bare/fleet.ts'
import { startPowerLossRedis } from '../../power-loss/power-loss-redis.ts'
import { bareLoad } from '../../redis/bare-load.ts'
import { nextStart } from '../../redis/starts.ts'
import type { BareResult, RowContext } from '../../row.ts'

/** Power lost while jobs are added to plain BullMQ; a sync each second. */
export async function barePowerLoss(context: RowContext): Promise<BareResult> {
  const redis = await startPowerLossRedis()
  context.cleanup(() => redis.stop())
  const fleet = await openBareFleet(context, { concurrency: 8 }, redis.url)
  await Promise.all([fleet.work(), fleet.work()])
  const load = bareLoad(fleet)
  await wait(2500)
  await redis.losePower()
  await wait(1000)
  await redis.restart()
  const recovery = await nextStart(fleet, Date.now())
  await load.stop()
  const result = await fleet.result(1, `appendfsync everysec, ${bareDefaults}`, 60_000)
  return { ...result, recoveryP95Ms: recovery }
}
