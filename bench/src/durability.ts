import { join } from 'node:path'

import { connect, type Client } from '@pipewright/engine/client'

import { machine } from './machine.ts'
import { startPrivateRedis, type PrivateRedis } from './private-redis.ts'
import { pipelineOf, small } from './shapes.ts'
import { median, pairedRatio, quantile } from './statistics.ts'
import { table } from './table.ts'
import { WorkerProcess } from './worker-process.ts'

/** What one repetition came to. */
interface Repetition {
  /** Milliseconds of single enqueues, one after the other. */
  readonly enqueues: readonly number[]
  /** Nodes a second, from the enqueue to the known end. */
  readonly speeds: Readonly<Record<string, number>>
}

/** A durability on a setting of the server, and its counted repetitions in order. */
interface Measured {
  readonly appendfsync: string
  readonly durability: 'default' | 'strict'
  readonly client: Client
  readonly worker: WorkerProcess
  readonly repetitions: Repetition[]
}

/** One line of the result: of all enqueues the quantiles, of the speeds the medians, of their pairs with `default` the ratios. */
export interface DurabilityRow {
  readonly appendfsync: string
  readonly durability: string
  readonly enqueueP50Ms: number
  readonly enqueueP99Ms: number
  readonly nodesPerSecond: Readonly<Record<string, number>>
  readonly ratios: Readonly<Record<string, number>>
}

const enqueuesEach = 10
const concurrency = 40
const root = join(import.meta.dirname, '../projects/durable')
const shapes = Object.keys(small)
const pipelines = Object.fromEntries(
  Object.entries(small).map(([name, shape]) => [name, pipelineOf(name, shape, 'inline')]),
)

/** Everything in one run: each repetition takes the four in turn; the first one is discarded. */
export async function measureDurability(
  pairs: number,
  print: (text: string) => void,
): Promise<readonly DurabilityRow[]> {
  const servers: PrivateRedis[] = []
  const all: Measured[] = []
  try {
    for (const appendfsync of ['everysec', 'always']) {
      const server = await startPrivateRedis()
      servers.push(server)
      await server.redis.config('SET', 'appendfsync', appendfsync)
      for (const durability of ['default', 'strict'] as const)
        all.push(await open(server, appendfsync, durability))
    }
    const [first] = servers
    if (first !== undefined) print(await machine(first.redis))
    for (let pair = 0; pair <= pairs; pair += 1) {
      console.error(pair === 0 ? 'warming up' : `pair ${pair} of ${pairs}`)
      for (const one of all) {
        const repetition = await measureOne(one.client)
        if (pair > 0) one.repetitions.push(repetition)
      }
    }
    return all.map((one) => rowOf(one, all))
  } finally {
    await Promise.all(all.map(async ({ client }) => client.close()))
    await Promise.all(all.map(async ({ worker }) => worker.stop()))
    await Promise.all(servers.map(async (server) => server.stop()))
  }
}

async function open(
  { url: redis }: PrivateRedis,
  appendfsync: string,
  durability: Measured['durability'],
): Promise<Measured> {
  const prefix = `{${durability}}`
  const client = await connect({ redis, prefix, durability })
  const setup = { redis, prefix, concurrency, root, durability }
  const worker = await WorkerProcess.start('pipewright-main', setup, [])
  return { appendfsync, durability, client, worker, repetitions: [] }
}

async function measureOne(client: Client): Promise<Repetition> {
  const enqueues: number[] = []
  const { chain } = pipelines
  if (chain === undefined) throw new Error('There is no chain.')
  const runs = []
  for (let count = 0; count < enqueuesEach; count += 1) {
    const start = performance.now()
    runs.push(await client.enqueue(chain))
    enqueues.push(performance.now() - start)
  }
  await Promise.all(runs.map(async (run) => run.wait()))
  const speeds: Record<string, number> = {}
  for (const [name, pipeline] of Object.entries(pipelines)) {
    const start = performance.now()
    await (await client.enqueue(pipeline)).wait()
    speeds[name] = (pipeline.nodes.length / (performance.now() - start)) * 1000
  }
  return { enqueues, speeds }
}

function rowOf(one: Measured, all: readonly Measured[]): DurabilityRow {
  const base = all.find(
    ({ appendfsync, durability }) => appendfsync === one.appendfsync && durability === 'default',
  )
  const enqueues = one.repetitions.flatMap((repetition) => repetition.enqueues)
  const speeds = (of: Measured | undefined, shape: string): number[] =>
    (of?.repetitions ?? []).map((repetition) => repetition.speeds[shape] ?? Number.NaN)
  return {
    appendfsync: one.appendfsync,
    durability: one.durability,
    enqueueP50Ms: quantile(enqueues, 0.5),
    enqueueP99Ms: quantile(enqueues, 0.99),
    nodesPerSecond: Object.fromEntries(shapes.map((shape) => [shape, median(speeds(one, shape))])),
    ratios: Object.fromEntries(
      shapes.map((shape) => [shape, pairedRatio(speeds(one, shape), speeds(base, shape))]),
    ),
  }
}

/** The result for people. */
export function durabilityReport(rows: readonly DurabilityRow[], pairs: number): string {
  const head = ['appendfsync', 'durability', 'enqueue p50', 'enqueue p99']
  for (const shape of shapes) head.push(`${shape} nodes/s`, 'x default')
  const cells = rows.map((row) => [
    row.appendfsync,
    row.durability,
    row.enqueueP50Ms.toFixed(1),
    row.enqueueP99Ms.toFixed(1),
    ...shapes.flatMap((shape) => [
      (row.nodesPerSecond[shape] ?? Number.NaN).toFixed(1),
      (row.ratios[shape] ?? Number.NaN).toFixed(3),
    ]),
  ])
  const how = `Medians of ${pairs} interleaved repetitions, one worker of concurrency ${concurrency}; times in ms.`
  return `${how}\n\n${table(head, cells, 2)}`
}
