import { connect, type Client } from '@pipewright/engine/client'

import type { PrivateRedis } from '../private-redis.ts'
import { median, pairedRatio } from '../statistics.ts'
import { WorkerProcess } from '../worker-process.ts'
import { atLeast, seen, type Figure } from './figure.ts'
import { crunching } from './pipelines.ts'
import { root } from './root.ts'

/** Workers of one node run at a time. */
interface Team {
  readonly workers: readonly WorkerProcess[]
  readonly client: Client
  readonly perSecond: number[]
}

/** Two workers against one, on nodes that only compute. Both are alive throughout, and take turns. */
export async function twoWorkersFigures(
  server: PrivateRedis,
  pairs: number,
): Promise<readonly Figure[]> {
  const one = await team(server, 1)
  const two = await team(server, 2)
  for (let pair = 0; pair <= pairs; pair += 1) {
    for (const each of pair % 2 === 0 ? [one, two] : [two, one]) {
      const speed = await measure(each.client)
      if (pair > 0) each.perSecond.push(speed)
    }
  }
  for (const { workers, client } of [one, two]) {
    await client.close()
    await Promise.all(workers.map(async (worker) => worker.stop()))
  }
  await server.redis.flushall()
  const ratio = pairedRatio(two.perSecond, one.perSecond)
  return [
    seen('CPU-bound nodes, one worker of one', median(one.perSecond), 'nodes/s'),
    seen('CPU-bound nodes, two workers of one', median(two.perSecond), 'nodes/s'),
    atLeast(`two workers to one, paired, ${pairs} pairs`, ratio, 'times', 1.8),
  ]
}

async function team(server: PrivateRedis, size: number): Promise<Team> {
  const setup = { redis: server.url, prefix: `{team-${size}}`, concurrency: 1, root }
  const workers = await Promise.all(
    Array.from({ length: size }, async () => WorkerProcess.start('pipewright-main', setup, [])),
  )
  return { workers, client: await connect(setup), perSecond: [] }
}

async function measure(client: Client): Promise<number> {
  const start = performance.now()
  const run = await (await client.enqueue(crunching)).wait()
  if (run.status !== 'succeeded') throw new Error(`Run ${run.id} ended as ${run.status}.`)
  return (crunching.nodes.length / (performance.now() - start)) * 1000
}
