import { setTimeout as wait } from 'node:timers/promises'

import type { PrivateRedis } from '../../support/redis.ts'
import { brief } from '../fixture/pipelines/brief.ts'
import { openFaultProject, type FaultProject } from '../project.ts'
import { between, p95, scaled } from '../random.ts'
import { Load } from '../redis/load.ts'
import { ownRedis } from '../redis/own-redis.ts'
import { finishedAgain, nextStart } from '../redis/starts.ts'
import { resultOf } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { bareOutages } from './f06/bare.ts'

/** Milliseconds from Redis' return to the first body. */
const longestRecovery = 5000

/** SIGKILL of Redis, and its return after a while, under a load of enqueues. */
export const row: FaultRow = {
  row: 'F6',
  fault: 'Redis killed with SIGKILL and started again, under load',
  expected:
    'no acknowledged run lost, nothing stuck, no finished body again, the first body 5 s after Redis is back',
  async run(context) {
    // While a sync is slow, Redis puts writes off, and a kill takes them with it: that is row F7's, and no test of every day.
    const redis = await ownRedis(context, context.short ? ['--appendfsync', 'no'] : [])
    const leases = context.short ? { lease: 2000, checkEvery: 500 } : {}
    const project = await openFaultProject(context, {
      url: redis.url,
      worker: { ...leases, env: { PIPEWRIGHT_FAULT_PACE: '100' } },
    })
    await Promise.all([project.work(), project.work()])
    const load = new Load(project, { pipeline: brief, clients: 4, rest: context.short ? 20 : 100 })
    await load.start(context)
    const kills = context.short ? 2 : scaled(20, context.scale, 2)
    const recoveries: number[] = []
    for (let kill = 0; kill < kills && !context.signal.aborted; kill += 1) {
      await wait(between(context.random, 200, context.short ? 500 : 1500))
      recoveries.push(await outage(redis, project, outageOf(context, kill)))
      if (kill % 5 === 4) context.say(`${kill + 1} kills, ${load.acknowledged.length} runs`)
    }
    await load.stop()
    await project.ended(120_000)
    const checked = await project.check()
    const again = finishedAgain(checked.history.effects)
    const slowest = p95(recoveries) ?? Infinity
    return resultOf('F6', kills, [checked], {
      recoveries,
      demands: [
        { what: `no finished body again, not ${again}`, holds: again === 0 },
        {
          what: `the first body within 5 s, not ${slowest} ms`,
          holds: (context.short ? Infinity : longestRecovery) >= slowest,
        },
      ],
      notes: [
        `${load.acknowledged.length} runs acknowledged; ${load.told}.`,
        `${checked.figures.starts - checked.figures.nodes} bodies in flight ran again.`,
      ],
      bare: context.short ? null : await bareOutages(context, scaled(5, context.scale, 2)),
    })
  },
}

/** How long Redis is away in milliseconds: each fifth time as long as a lease. */
function outageOf({ short }: RowContext, kill: number): number {
  if (short) return 300
  return kill % 5 === 4 ? 10_000 : 1000
}

/** Returns how long it took from Redis' return to the next body. */
async function outage(redis: PrivateRedis, project: FaultProject, length: number): Promise<number> {
  const from = Date.now()
  await redis.kill()
  await wait(length)
  await redis.restart()
  const to = Date.now()
  project.excuse({ kind: 'outage', from, to })
  return nextStart(project, to)
}
