import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { connect } from '@pipewright/engine/client'
import { scriptText, type ScriptName } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import type { PrivateRedis } from '../private-redis.ts'
import { large, largeName, pipelineOf } from '../shapes.ts'
import { WorkerProcess } from '../worker-process.ts'

/** The longest that one script held Redis while a run of 10,000 nodes went through, by Redis' own slow log. */
export interface LongestScript {
  readonly shape: string
  readonly milliseconds: number
  readonly script: string
  /** Scripts longer than 10 ms. */
  readonly over10Ms: number
  readonly runMs: number
}

const root = join(import.meta.dirname, '../../projects/large')
const prefix = '{large}'

export async function longestScripts({
  url,
  redis,
}: PrivateRedis): Promise<readonly LongestScript[]> {
  const worker = await WorkerProcess.start('pipewright-main', {
    redis: url,
    prefix,
    concurrency: 32,
    root,
  })
  const client = await connect({ redis: url, prefix })
  await redis.config('SET', 'slowlog-log-slower-than', 1000)
  await redis.config('SET', 'slowlog-max-len', 10_000)
  const longest: LongestScript[] = []
  for (const [name, shape] of Object.entries(large)) {
    const pipeline = pipelineOf(largeName(name), shape, 'inline')
    // The first run stores the plan and warms the worker up.
    await (await client.enqueue(pipeline)).wait()
    await redis.call('SLOWLOG', 'RESET')
    const start = performance.now()
    await (await client.enqueue(pipeline)).wait()
    longest.push({ shape: name, runMs: performance.now() - start, ...(await slowest(redis)) })
  }
  await client.close()
  await worker.stop()
  return longest
}

async function slowest(
  redis: Redis,
): Promise<Pick<LongestScript, 'milliseconds' | 'script' | 'over10Ms'>> {
  const names = new Map(scriptNames.map((name) => [sha1(scriptText(name)), name]))
  const entries = slowEntries(await redis.call('SLOWLOG', 'GET', '10000'))
    .flatMap(({ micros, command, sha }) =>
      command === 'evalsha' ? [{ milliseconds: micros / 1000, script: names.get(sha) ?? sha }] : [],
    )
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
  const over10Ms = entries.filter(({ milliseconds }) => milliseconds > 10).length
  return { ...(entries[0] ?? { milliseconds: 0, script: 'none over 1 ms' }), over10Ms }
}

const scriptNames: readonly ScriptName[] = [
  'settle',
  'claim',
  'submit',
  'advance',
  'recover',
  'note',
]

interface SlowEntry {
  readonly micros: number
  readonly command: string
  readonly sha: string
}

/** Each entry is: number, time, microseconds, arguments, client, its name. */
function slowEntries(reply: unknown): readonly SlowEntry[] {
  if (!Array.isArray(reply)) return []
  return reply.flatMap((entry: unknown) => {
    if (!Array.isArray(entry) || !Array.isArray(entry[3])) return []
    const [command, sha] = entry[3].map(String)
    return [{ micros: Number(entry[2]), command: command?.toLowerCase() ?? '', sha: sha ?? '' }]
  })
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
