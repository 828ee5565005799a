import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Redis } from 'ioredis'
import { redisBinary } from 'pipewright/embedded'

import type { Contestant } from './contestant.ts'
import { Fleet } from './fleet.ts'
import { freePort } from './free-port.ts'
import { pythonEnvironment } from './private-redis.ts'
import { table } from './table.ts'

/** Instructions that the Redis server executed for one node: the same on a busy machine as on an idle one. */
export interface Instructions {
  readonly shape: string
  readonly perNode: number
  readonly ratioToQueue: number
}

interface Counted {
  readonly url: string
  readonly redis: Redis
  /** Sets the counter to 0. */
  reset(): Promise<void>
  /** The counter. */
  read(): Promise<number>
  stop(): Promise<void>
}

const concurrency = 32
const run = promisify(execFile)

/** Counts them with valgrind's callgrind, which must be on PATH. */
export async function countInstructions(
  shapes: readonly string[],
): Promise<readonly Instructions[]> {
  const server = await startCounted()
  try {
    const bare = new Fleet(server)
    const [queue] = await bare.bullmq(concurrency, false)
    if (queue === undefined) return []
    const base = await perNode(queue, server)
    // A worker that only waits also asks Redis now and then.
    await bare.stop()
    const rows = [{ shape: 'queue', perNode: Math.round(base), ratioToQueue: 1 }]
    const ours = new Fleet(server)
    for (const contestant of await ours.pipewright('inline', concurrency, shapes)) {
      const count = await perNode(contestant, server)
      const ratioToQueue = Math.round((count / base) * 1000) / 1000
      rows.push({ shape: contestant.shape, perNode: Math.round(count), ratioToQueue })
    }
    await ours.stop()
    return rows
  } finally {
    await server.stop()
  }
}

export function instructionsReport(rows: readonly Instructions[]): string {
  return table(
    ['shape', 'instructions per node', 'x queue'],
    rows.map((row) => [row.shape, String(row.perNode), row.ratioToQueue.toFixed(2)]),
  )
}

async function perNode(
  { shape, nodes, measure, cleanUp }: Contestant,
  server: Counted,
): Promise<number> {
  console.error(shape)
  // The first one stores plans and loads scripts.
  await measure()
  await cleanUp()
  await server.reset()
  await measure()
  const count = await server.read()
  await cleanUp()
  return count / nodes
}

async function startCounted(): Promise<Counted> {
  pythonEnvironment()
  const directory = await mkdtemp(join(tmpdir(), 'pipewright-bench-'))
  const { path } = await redisBinary({ root: directory })
  const port = await freePort()
  const output = join(directory, 'callgrind')
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '']
  const child = spawn(
    'valgrind',
    [
      '--tool=callgrind',
      `--callgrind-out-file=${output}`,
      path,
      ...settings,
      '--appendonly',
      'yes',
    ],
    { stdio: 'ignore' },
  )
  await once(child, 'spawn')
  const url = `redis://127.0.0.1:${port}`
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 200 })
  redis.on('error', () => undefined)
  await redis.ping()
  let dumps = 0
  return {
    url,
    redis,
    reset: async () => control(child, '--zero'),
    async read() {
      await control(child, '--dump')
      dumps += 1
      const text = await readFile(`${output}.${dumps}`, 'utf8')
      return Number(/^(?:totals|summary): (\d+)/m.exec(text)?.[1])
    },
    async stop() {
      redis.disconnect()
      const exited = once(child, 'exit')
      if (child.kill('SIGKILL')) await exited
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function control(child: ChildProcess, order: '--zero' | '--dump'): Promise<void> {
  await run('callgrind_control', [order, String(child.pid)])
}
