import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { connect } from '@pipewright/engine/client'

import { redisCpu, type PrivateRedis } from '../private-redis.ts'
import { median } from '../statistics.ts'
import { WorkerProcess } from '../worker-process.ts'
import { atMost, seen, type Figure } from './figure.ts'
import { counted, journalVariable } from './pipelines.ts'
import { root } from './root.ts'

const size = 20
/** Workers that start at a time: each compiles for most of a second. */
const atOnce = 2
/** Milliseconds until a worker that has just started is at rest, and for which it is watched. */
const restMs = 5000
const watchMs = 20_000
/** Runs that go on at a time. */
const runs = 5

/** Twenty workers on this machine: what they cost while they have nothing to do, and whether they do all that there is, once. */
export async function twentyWorkersFigures(server: PrivateRedis): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-bench-'))
  const journal = join(folder, 'journal')
  process.env[journalVariable] = journal
  const workers: WorkerProcess[] = []
  try {
    const setup = { redis: server.url, prefix: '{twenty}', concurrency: 4, root }
    while (workers.length < size) {
      const start = async (): Promise<WorkerProcess> =>
        WorkerProcess.start('pipewright-main', setup, [])
      workers.push(...(await Promise.all(Array.from({ length: atOnce }, start))))
    }
    await delay(restMs)
    return [...(await idle(server, workers)), ...(await busy(setup, journal))]
  } finally {
    await Promise.all(workers.map(async (worker) => worker.stop()))
    await rm(folder, { recursive: true, force: true })
    await server.redis.flushall()
  }
}

async function idle(
  server: PrivateRedis,
  workers: readonly WorkerProcess[],
): Promise<readonly Figure[]> {
  const cpus = async (): Promise<readonly number[]> =>
    Promise.all(workers.map(async (worker) => worker.cpu()))
  const [before, redisBefore, start] = [await cpus(), await redisCpu(server.redis), Date.now()]
  await delay(watchMs)
  const [after, redisAfter, end] = [await cpus(), await redisCpu(server.redis), Date.now()]
  const percent = (micros: number): number => micros / (end - start) / 10
  const shares = after.map((each, at) => percent(each - (before[at] ?? 0)))
  return [
    seen(`idle worker among ${size}: CPU, median`, median(shares), '% of a core'),
    atMost(`idle worker among ${size}: CPU, most`, Math.max(...shares), '% of a core', 1),
    seen(`Redis of ${size} idle workers: CPU`, percent(redisAfter - redisBefore), '% of a core'),
  ]
}

async function busy(
  setup: { readonly redis: string; readonly prefix: string },
  journal: string,
): Promise<readonly Figure[]> {
  const client = await connect(setup)
  const start = performance.now()
  const handles = await Promise.all(
    Array.from({ length: runs }, async () => client.enqueue(counted)),
  )
  const ended = await Promise.all(handles.map(async (handle) => handle.wait()))
  const seconds = (performance.now() - start) / 1000
  await client.close()
  const lines = (await readFile(journal, 'utf8')).trim().split('\n')
  const nodes = runs * counted.nodes.length
  const lost = nodes - new Set(lines).size
  const failed = ended.filter(({ status }) => status !== 'succeeded').length
  return [
    atMost(
      `${size} workers, ${runs} runs of ${counted.nodes.length} nodes: lost`,
      lost,
      'nodes',
      0,
    ),
    atMost('the same: run twice', lines.length - new Set(lines).size, 'nodes', 0),
    atMost('the same: runs that did not succeed', failed, 'runs', 0),
    seen('the same', nodes / seconds, 'nodes/s'),
  ]
}
