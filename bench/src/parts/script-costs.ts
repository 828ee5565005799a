import { Fleet } from '../fleet.ts'
import type { PrivateRedis } from '../private-redis.ts'
import { measured } from '../shapes.ts'
import { median } from '../statistics.ts'
import type { Cost } from './node-costs.ts'

const concurrency = 32

/** Time that Redis spends inside scripts per node, by its own account: without protocol, sockets and append-only file. */
export async function scriptCosts(server: PrivateRedis): Promise<readonly Cost[]> {
  const fleet = new Fleet(server)
  const contestants = [
    ...(await fleet.bullmq(concurrency, true)),
    ...(await fleet.pipewright('inline', concurrency, Object.keys(measured))),
  ]
  const costs: Cost[] = []
  for (const { shape, nodes, measure, cleanUp } of contestants) {
    const rounds: number[] = []
    for (let round = 0; round < 6; round += 1) {
      await server.redis.config('RESETSTAT')
      await measure()
      rounds.push((await scriptMicros(server)) / nodes)
      await cleanUp()
    }
    costs.push({ part: `scripts, ${shape}`, microseconds: median(rounds.slice(1)) })
  }
  await fleet.stop()
  return costs
}

async function scriptMicros({ redis }: PrivateRedis): Promise<number> {
  const info = await redis.info('commandstats')
  return [...info.matchAll(/^cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/gm)]
    .map(([, micros]) => Number(micros))
    .reduce((sum, micros) => sum + micros, 0)
}
