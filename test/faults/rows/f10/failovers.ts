import { setTimeout as wait } from 'node:timers/promises'

import type { RowContext } from '../../row.ts'
import type { TwoServers } from './two-servers.ts'

/** Does something to the primary. Returns when clients were led to one that takes writes. */
export type Failover = (servers: TwoServers, context: RowContext) => Promise<number>

const killed: Failover = async (servers) => {
  await servers.primary.redis.kill()
  await wait(500)
  await servers.promote()
  const back = Date.now()
  await servers.former.redis.restart()
  await servers.follow()
  return back
}

/** Its clients stay with it, for no connection ends; when it wakes up, it takes writes until it is told what it is. */
export const frozen: Failover = async (servers, context) => {
  const { pid } = servers.primary.redis
  process.kill(pid, 'SIGSTOP')
  context.cleanup(() => thaw(pid))
  await wait(6000)
  await servers.promote()
  const back = Date.now()
  thaw(pid)
  await wait(2000)
  await servers.follow()
  return back
}

const readonly: Failover = async (servers) => {
  const { admin } = servers.primary
  // Of a primary that is not there, so that it keeps its data.
  await admin.replicaof('127.0.0.1', 1)
  await wait(10_000)
  await admin.replicaof('NO', 'ONE')
  const back = Date.now()
  await servers.follow()
  return back
}

/** All of them by name. */
export const failovers: Readonly<Record<string, Failover>> = {
  killed,
  frozen,
  'that refuses writes for 10 s': readonly,
}

function thaw(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch {
    // It has ended since.
  }
}
