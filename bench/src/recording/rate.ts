import { join } from 'node:path'

import { connect, type Client } from '@pipewright/engine/client'

import type { PrivateRedis } from '../private-redis.ts'
import { WorkerProcess } from '../worker-process.ts'
import { AdapterProcess } from './adapter-process.ts'
import { recorded } from './pipelines.ts'
import { sendAgain, sortCalls, type RecordedCalls } from './plain-loop.ts'
import type { TrackingServer } from './tracking-server.ts'

/** One repetition of the recording of one run; times in ms. */
export interface RateSample {
  /** From the enqueue until MLflow holds everything. */
  readonly recorded: number
  /** The same calls, sent by a plain loop. */
  readonly plain: number
  /** From the enqueue to the end of the run, with recording. */
  readonly on: number
  /** The same without. */
  readonly off: number
  /** Calls of the adapter. */
  readonly calls: number
  /** CPU time of the adapter, in ms. */
  readonly adapterCpu: number
}

/** What the recording of a run costs. */
export interface Rate {
  readonly nodes: number
  /** Calls of a counted repetition. */
  readonly calls: CallCounts
  /** The same with the inputs of nodes recorded. */
  readonly withLineage: CallCounts
  readonly samples: readonly RateSample[]
}

/** Calls that recorded one run. */
export interface CallCounts {
  /** About its nodes. */
  readonly nodes: number
  /** About itself. */
  readonly run: number
}

const root = join(import.meta.dirname, '../../projects/recorded')
const experiment = 'recording'
const concurrency = 8
/** Calls at a time of the adapter, and so of the plain loop. */
const callsAtOnce = 4

/** A worker and a client under a prefix of their own. */
interface Side {
  readonly prefix: string
  readonly client: Client
  readonly worker: WorkerProcess
}

/** Records runs and sends the same calls by a plain loop, in turn. The first repetition is counted call by call, and its times are discarded. */
export async function measureRate(
  redis: PrivateRedis,
  server: TrackingServer,
  pairs: number,
): Promise<Rate> {
  const sides = [
    await openSide(redis, '{recorded}'),
    await openSide(redis, '{unrecorded}'),
  ] as const
  const [on, off] = sides
  const setup = { redis: redis.url, prefix: on.prefix, experiment, lineage: false }
  try {
    const counted = { ...setup, tracking: server.counted.uri }
    const withLineage = await countCalls({ ...counted, lineage: true }, on, server)
    const calls = await countCalls(counted, on, server)
    const adapter = await AdapterProcess.start({ ...setup, tracking: server.uri })
    const samples: RateSample[] = []
    try {
      for (let pair = 0; pair <= pairs; pair += 1) {
        console.error(pair === 0 ? 'recording: warming up' : `recording: pair ${pair} of ${pairs}`)
        const sample = await measureOne({ on, off, adapter, calls, server, isOdd: pair % 2 === 1 })
        if (pair > 0) samples.push(sample)
      }
    } finally {
      await adapter.stop()
    }
    // Four runs to count, and in each repetition one by the adapter and one by the plain loop.
    await assertHeld(server, 4 + 2 * (pairs + 1))
    return {
      nodes: recorded.nodes.length,
      calls: countsOf(calls),
      withLineage: countsOf(withLineage),
      samples,
    }
  } finally {
    await Promise.all(sides.map(async ({ client }) => client.close()))
    await Promise.all(sides.map(async ({ worker }) => worker.stop()))
  }
}

function countsOf({ before, nodes, after }: RecordedCalls): CallCounts {
  return {
    nodes: nodes.reduce((sum, calls) => sum + calls.length, 0),
    run: before.length + after.length,
  }
}

async function openSide({ url: redis }: PrivateRedis, prefix: string): Promise<Side> {
  const worker = await WorkerProcess.start(
    'pipewright-main',
    { redis, prefix, concurrency, root },
    [],
  )
  return { prefix, worker, client: await connect({ redis, prefix }) }
}

async function countCalls(
  setup: Parameters<typeof AdapterProcess.start>[0],
  side: Side,
  server: TrackingServer,
): Promise<RecordedCalls> {
  const adapter = await AdapterProcess.start(setup)
  try {
    // The first run makes the experiment, which later ones find.
    await runOnce(side)
    await adapter.recorded()
    server.counted.take()
    const { id } = await runOnce(side)
    await adapter.recorded()
    return sortCalls(id, server.counted.take())
  } finally {
    await adapter.stop()
  }
}

interface Turn {
  readonly on: Side
  readonly off: Side
  readonly adapter: AdapterProcess
  readonly calls: RecordedCalls
  readonly server: TrackingServer
  readonly isOdd: boolean
}

/** Who comes first changes, so that nobody always follows the same neighbour's garbage. */
async function measureOne(turn: Turn): Promise<RateSample> {
  const { off, calls, server, isOdd } = turn
  const plainFirst = isOdd ? await sendAgain(calls, server.uri, callsAtOnce) : undefined
  const offFirst = isOdd ? await runOnce(off) : undefined
  const withRecording = await recordOnce(turn)
  const withoutRecording = offFirst ?? (await runOnce(off))
  const plain = plainFirst ?? (await sendAgain(calls, server.uri, callsAtOnce))
  return { ...withRecording, off: withoutRecording.milliseconds, plain }
}

async function recordOnce({
  on,
  adapter,
}: Turn): Promise<Pick<RateSample, 'recorded' | 'on' | 'calls' | 'adapterCpu'>> {
  const before = await adapter.account()
  const start = performance.now()
  const { milliseconds } = await runOnce(on)
  await adapter.recorded()
  const recordedAfter = performance.now() - start
  const after = await adapter.account()
  return {
    recorded: recordedAfter,
    on: milliseconds,
    calls: after.calls - before.calls,
    adapterCpu: (after.micros - before.micros) / 1000,
  }
}

/** Runs it to its end, by the clock of Redis, which is this machine's. */
async function runOnce({
  client,
}: Side): Promise<{ readonly id: string; readonly milliseconds: number }> {
  const handle = await client.enqueue(recorded)
  const { status, createdAt, endedAt = Number.NaN } = await handle.wait()
  if (status !== 'succeeded') throw new Error(`Run ${handle.id} ended as ${status}.`)
  return { id: handle.id, milliseconds: endedAt - createdAt }
}

/** Every run and all its nodes are there, those of the adapter and those of the plain loop. */
async function assertHeld(server: TrackingServer, runs: number): Promise<void> {
  const { finished, metrics } = await server.held(experiment)
  const nodes = recorded.nodes.length
  const wanted = { finished: runs * (1 + nodes), metrics: runs * 10 * nodes }
  if (finished === wanted.finished && metrics === wanted.metrics) return
  throw new Error(
    `MLflow holds ${finished} runs and ${metrics} metrics, not ${JSON.stringify(wanted)}.`,
  )
}
