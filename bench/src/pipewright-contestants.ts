import type { Pipeline } from '@pipewright/engine'
import type { Client, RunHandle } from '@pipewright/engine/client'
import { DatasetReference, keys } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import type { Contestant } from './contestant.ts'
import { sampled } from './sample.ts'
import { measured, Passed, pipelineName, pipelineOf } from './shapes.ts'
import type { WorkerProcess } from './worker-process.ts'

/** What the contestants of one worker process share. */
interface Shipped {
  readonly redis: Redis
  readonly client: Client
  readonly worker: WorkerProcess
  readonly prefix: string
  readonly concurrency: number
  readonly isolation: 'inline' | 'thread'
}

/** The given shapes on the shipped worker. */
export function pipewrightContestants(
  shipped: Shipped,
  shapes: readonly string[],
): readonly Contestant[] {
  return shapes.flatMap((name) => {
    const shape = measured[name]
    if (shape === undefined) return []
    const { isolation } = shipped
    const pipeline = pipelineOf(pipelineName(name, isolation), shape, isolation)
    return [contestantOf(shipped, name, pipeline)]
  })
}

function contestantOf(shipped: Shipped, shape: string, pipeline: Pipeline): Contestant {
  const { redis, client, prefix, concurrency, isolation } = shipped
  const nodes = pipeline.nodes.length
  const runs: string[] = []
  return {
    shape,
    isolation,
    concurrency,
    nodes,
    async measure() {
      return sampled({ ...shipped, nodes }, async () => {
        const startedAt = Date.now()
        const handle = await client.enqueue(pipeline)
        runs.push(handle.id)
        const milliseconds = (await endOf(handle)) - startedAt
        return {
          milliseconds,
          starts: shape === 'chain' ? await startsOf(redis, prefix, handle.id) : undefined,
        }
      })
    },
    async cleanUp() {
      await Promise.all(runs.splice(0).map(async (run) => removeRun(redis, prefix, run)))
    },
  }
}

/** When the run ended, by the clock of Redis, which is this machine's. */
async function endOf(handle: RunHandle): Promise<number> {
  const { status, endedAt } = await handle.wait()
  if (status !== 'succeeded' || endedAt === undefined)
    throw new Error(`Run ${handle.id} ended as ${status}.`)
  return endedAt
}

/** When each function was started, as it wrote into the dataset that it passed on. */
async function startsOf(redis: Redis, prefix: string, run: string): Promise<readonly number[]> {
  const texts = await redis.hvals(keys.data(prefix, run))
  return texts.map((text) => {
    const { inline } = DatasetReference.parse(JSON.parse(text))
    return Passed.parse(JSON.parse(inline ?? '')).at
  })
}

/** Forgets a run and the outbox, which nobody follows here. */
async function removeRun(redis: Redis, prefix: string, run: string): Promise<void> {
  await redis.unlink(keys.run(prefix, run), keys.nodes(prefix, run), keys.data(prefix, run))
  await redis.zrem(keys.finishedRuns(prefix), run)
  await redis.xtrim(keys.outbox(prefix), 'MAXLEN', 0)
}
