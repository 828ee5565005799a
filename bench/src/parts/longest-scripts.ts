import { join } from 'node:path'

import { connect } from '@pipewright/engine/client'
import { startWorker } from '@pipewright/worker'

import { large, largeName, pipelineOf } from '../shapes.ts'
import { meterScripts, type ScriptCall } from './script-meter.ts'

/** The longest that one script held Redis while a run of 10,000 nodes went through: CPU time. */
export interface LongestScript {
  readonly shape: string
  readonly milliseconds: number
  readonly script: string
  /** Calls that took longer than 10 ms. */
  readonly over10Ms: number
}

const root = join(import.meta.dirname, '../../projects/large')
const prefix = '{large}'
/** Runs of each shape; what counts is the best of their longest, for a rewrite of the append-only file takes time too. */
const runs = 3

export async function longestScripts(redis: string): Promise<readonly LongestScript[]> {
  let calls: ScriptCall[] = []
  meterScripts((call) => calls.push(call))
  const worker = await startWorker({ redis, prefix, concurrency: 32, root, log: 'silent' })
  const client = await connect({ redis, prefix })
  const longest: LongestScript[] = []
  for (const [name, shape] of Object.entries(large)) {
    const pipeline = pipelineOf(largeName(name), shape, 'inline')
    const tries: LongestScript[] = []
    for (let run = 0; run < runs; run += 1) {
      calls = []
      await (await client.enqueue(pipeline)).wait()
      const slowest = calls.toSorted((a, b) => b.milliseconds - a.milliseconds)[0]
      const over10Ms = calls.filter(({ milliseconds }) => milliseconds > 10).length
      tries.push({ shape: name, script: '', milliseconds: 0, ...slowest, over10Ms })
    }
    longest.push(...tries.toSorted((a, b) => a.milliseconds - b.milliseconds).slice(0, 1))
  }
  await client.close()
  await worker.stop()
  return longest
}
