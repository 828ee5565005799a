import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Redis } from 'ioredis'
import { openRedis } from 'pipewright/embedded'

/** A Redis of the bench's own, with the settings of the embedded one (append-only file, synced each second). */
export interface PrivateRedis {
  readonly url: string
  /** A connection for the bench's own questions. */
  readonly redis: Redis
  stop(): Promise<void>
}

/** Starts one. A server that `REDIS_URL` names is never used: its load and its data are not ours. */
export async function startPrivateRedis(): Promise<PrivateRedis> {
  delete process.env['REDIS_URL']
  pythonEnvironment()
  const root = await mkdtemp(join(tmpdir(), 'pipewright-bench-'))
  const opened = await openRedis({ root, onProgress: (message) => console.error(message) })
  const redis = new Redis(opened.url, { maxRetriesPerRequest: null })
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    redis.disconnect()
    await opened.close()
    await rm(root, { recursive: true, force: true })
  }
  return { url: opened.url, redis, stop: async () => (stopping ??= stop()) }
}

/** Where the server's wheel is or will be installed: in the environment that all of this repository shares. */
export function pythonEnvironment(): void {
  process.env['PIPEWRIGHT_PYTHON_ENV'] ??= join(import.meta.dirname, '../../.pipewright/python')
}

/** CPU time of the server since its start, in microseconds. */
export async function redisCpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu')
  const seconds = [/^used_cpu_sys:(.+)$/m, /^used_cpu_user:(.+)$/m].map((field) =>
    Number(field.exec(info)?.[1]),
  )
  return seconds.reduce((sum, value) => sum + value, 0) * 1e6
}
