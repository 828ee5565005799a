import { setTimeout as delay } from 'node:timers/promises'

import { connect, type Client, type RunHandle } from '@pipewright/engine/client'

import type { PrivateRedis } from '../private-redis.ts'
import { median } from '../statistics.ts'
import { WorkerProcess } from '../worker-process.ts'
import { atMost, seen, type Figure } from './figure.ts'
import { napMs, short, wide } from './pipelines.ts'
import { root } from './root.ts'

/** Runs of the short pipeline in each situation. */
const times = 7
/** Node runs of the large run that have ended before a short one is enqueued behind it. */
const underWay = 100

/** How much longer a run of five nodes takes behind one of 10,000 than alone. */
export async function fairnessFigures(server: PrivateRedis): Promise<readonly Figure[]> {
  const setup = { redis: server.url, prefix: '{fairness}', concurrency: 8, root }
  const worker = await WorkerProcess.start('pipewright-main', setup, [])
  const client = await connect(setup)
  await measure(client)
  const alone = await several(client)
  const figures = [
    seen(`5 nodes of ${napMs} ms in a row, alone: median`, median(alone), 'ms'),
    seen(`the same, alone: longest of ${times}`, Math.max(...alone), 'ms'),
  ]
  for (const pipeline of wide) {
    const large = await client.enqueue(pipeline)
    await begun(large)
    const behind = await several(client)
    const left = (await large.get()).finished
    if (left >= pipeline.nodes.length) throw new Error(`${pipeline.name} ended too early.`)
    const more = Math.max(...behind) - median(alone)
    figures.push(seen(`the same, behind ${pipeline.name}: median`, median(behind), 'ms'))
    figures.push(atMost(`behind ${pipeline.name}: longest more than alone`, more, 'ms', 2000))
    await large.cancel()
    await large.wait()
  }
  await client.close()
  await worker.stop()
  await server.redis.flushall()
  return figures
}

async function several(client: Client): Promise<readonly number[]> {
  const taken: number[] = []
  for (let count = 0; count < times; count += 1) taken.push(await measure(client))
  return taken
}

/** Milliseconds from the enqueue to the end of the run, by the clock of Redis, which is this machine's. */
async function measure(client: Client): Promise<number> {
  const start = Date.now()
  const { status, endedAt = Number.NaN } = await (await client.enqueue(short)).wait()
  if (status !== 'succeeded') throw new Error(`A short run ended as ${status}.`)
  return endedAt - start
}

async function begun(run: RunHandle): Promise<void> {
  while ((await run.get()).finished < underWay) await delay(20)
}
