import { connect, type Client } from '@pipewright/engine/client'

import { meterScripts } from '../parts/script-meter.ts'
import type { PrivateRedis } from '../private-redis.ts'
import { large, largeName, pipelineOf } from '../shapes.ts'
import { median, quantile } from '../statistics.ts'
import { WorkerProcess } from '../worker-process.ts'
import { atLeast, atMost, seen, type Figure } from './figure.ts'
import { twenty } from './pipelines.ts'
import { root } from './root.ts'

/** Enqueues that count, of one after the other. */
const times = 2000
/** Enqueues that are sent before: code is compiled, the plan is stored. */
const warmUps = 300
/** Milliseconds for which as many as possible are enqueued, and how many wait for their answer at a time. */
const rateMs = 3000
const inFlight = 16
/** Enqueues of a large run. */
const largeTimes = 11

/** How long `enqueue` takes: with nobody else on the server, and beside a worker that runs what is enqueued. */
export async function enqueueFigures(server: PrivateRedis): Promise<readonly Figure[]> {
  const alone = await connect({ redis: server.url, prefix: '{enqueue}' })
  const figures = [...(await latency(alone, 'no worker')), await rate(alone, 'no worker')]
  await alone.close()
  const setup = { redis: server.url, prefix: '{enqueue-worked}', concurrency: 32, root }
  const worker = await WorkerProcess.start('pipewright-main', setup, [])
  const beside = await connect({ redis: server.url, prefix: setup.prefix })
  figures.push(...(await latency(beside, 'beside a busy worker')))
  figures.push(await rate(beside, 'beside a busy worker'))
  await beside.close()
  await worker.stop()
  await server.redis.flushall()
  return figures
}

async function latency(client: Client, how: string): Promise<readonly Figure[]> {
  for (let count = 0; count < warmUps; count += 1) await client.enqueue(twenty)
  const taken: number[] = []
  for (let count = 0; count < times; count += 1) {
    const start = performance.now()
    await client.enqueue(twenty)
    taken.push(performance.now() - start)
  }
  const what = `enqueue of 20 nodes, ${how}`
  return [
    atMost(`${what}: p50`, quantile(taken, 0.5), 'ms', 3),
    atMost(`${what}: p99`, quantile(taken, 0.99), 'ms', 20),
    seen(`${what}: longest of ${times}`, Math.max(...taken), 'ms'),
  ]
}

async function rate(client: Client, how: string): Promise<Figure> {
  let done = 0
  const start = performance.now()
  const ask = async (): Promise<void> => {
    while (performance.now() - start < rateMs) {
      await client.enqueue(twenty)
      done += 1
    }
  }
  await Promise.all(Array.from({ length: inFlight }, ask))
  const perSecond = (done / (performance.now() - start)) * 1000
  return atLeast(`enqueues by one client, ${inFlight} at a time, ${how}`, perSecond, '/s', 500)
}

/** Runs of 10,000 nodes whose plan is stored. To be asked for last: it changes how this process sends scripts. */
export async function largeEnqueueFigures(server: PrivateRedis): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const [name, shape] of Object.entries(large)) {
    const client = await connect({ redis: server.url, prefix: `{${largeName(name)}}` })
    const pipeline = pipelineOf(largeName(name), shape, 'inline')
    await client.enqueue(pipeline)
    const taken: number[] = []
    for (let count = 0; count < largeTimes; count += 1) {
      const start = performance.now()
      await client.enqueue(pipeline)
      taken.push(performance.now() - start)
    }
    figures.push(atMost(`enqueue of ${name}: median`, median(taken), 'ms', 50))
    figures.push(seen(`enqueue of ${name}: longest of ${largeTimes}`, Math.max(...taken), 'ms'))
    await client.close()
  }
  return [...figures, ...(await heldFigures(server))]
}

/** The longest that one script of such an enqueue holds the server. */
async function heldFigures(server: PrivateRedis): Promise<readonly Figure[]> {
  let longest = 0
  meterScripts(({ milliseconds }) => {
    longest = Math.max(longest, milliseconds)
  })
  const figures: Figure[] = []
  for (const [name, shape] of Object.entries(large)) {
    const client = await connect({ redis: server.url, prefix: `{held-${largeName(name)}}` })
    const pipeline = pipelineOf(largeName(name), shape, 'inline')
    await client.enqueue(pipeline)
    longest = 0
    for (let count = 0; count < largeTimes; count += 1) await client.enqueue(pipeline)
    figures.push(atMost(`enqueue of ${name}: longest script, CPU`, longest, 'ms', 10))
    await client.close()
  }
  return figures
}
