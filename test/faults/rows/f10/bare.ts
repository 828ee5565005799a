import { setTimeout as wait } from 'node:timers/promises'

import { bareDefaults, openBareFleet } from '../../bare/fleet.ts'
import { bareLoad } from '../../redis/bare-load.ts'
import type { BareResult, RowContext } from '../../row.ts'
import { frozen } from './failovers.ts'
import { startTwoServers } from './two-servers.ts'

/** The primary of plain BullMQ frozen, and acknowledging again when it is no primary any more. */
export async function bareFailover(context: RowContext): Promise<BareResult> {
  const servers = await startTwoServers(context)
  const fleet = await openBareFleet(context, { concurrency: 8 }, servers.url)
  await Promise.all([fleet.work(), fleet.work()])
  const load = bareLoad(fleet)
  await wait(1000)
  await frozen(servers, context)
  // As Sentinel does with the clients of a primary that it has made a replica.
  servers.link.reset()
  await wait(2000)
  await load.stop()
  const note = `the primary frozen for 6 s, and back for 2 s before it follows the new one; ${bareDefaults}`
  return fleet.result(1, note, 60_000)
}
