import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Redis } from 'ioredis'
import { redisBinary } from 'pipewright/embedded'

import { buildShim, PowerLossUnavailable } from './build-shim.ts'
import { cutFiles } from './cut-files.ts'

/** A Redis whose machine can lose its power. */
export interface PowerLossRedis {
  /** Stays the same over `restart`. */
  readonly url: string
  /** Process id of the server that runs now. */
  readonly pid: number
  /**
   * Kills the server and cuts each of its files back to what it had synced. Nothing else is lost: a kill alone leaves
   * everything in the page cache, and proves nothing about syncs.
   */
  losePower(): Promise<{ readonly cutBytes: number }>
  /** Starts it again on what is left, and waits until it answers. */
  restart(): Promise<void>
  /** Ends it for good and removes its files. Safe to call twice. */
  stop(): Promise<void>
}

/** How it is started. */
export interface PowerLossOptions {
  /** `appendfsync`. Default `everysec`, as the embedded one. */
  readonly sync?: 'always' | 'everysec' | 'no'
  /** Further settings of the server. Default: none. */
  readonly settings?: readonly string[]
}

/**
 * Starts a Redis with an append-only file that can lose its power.
 *
 * @throws PowerLossUnavailable when the library that watches its syncs cannot be built or is not heeded: no trial was made
 *
 * @example
 * const redis = await startPowerLossRedis({ sync: 'everysec' })
 * const client = await connect({ redis: redis.url, durability: 'strict' })
 * // enqueue, and keep the ids of what was acknowledged
 * const { cutBytes } = await redis.losePower()
 * await redis.restart()
 * // every acknowledged id must be there
 * await redis.stop()
 */
export async function startPowerLossRedis({
  sync = 'everysec',
  settings = [],
}: PowerLossOptions = {}): Promise<PowerLossRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-power-'))
  const [data, log] = [join(folder, 'data'), join(folder, 'syncs.log')]
  await mkdir(data)
  const remove = async (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const root = process.env['PIPEWRIGHT_TEST_ROOT'] ?? join(import.meta.dirname, '../../..')
    const [library, { path }] = await Promise.all([buildShim(folder, root), redisBinary({ root })])
    const port = await freePort()
    const url = `redis://127.0.0.1:${port}`
    const args = [...serverArguments(data, port, sync), ...settings]
    const launch = async (): Promise<ChildProcess> => {
      const env = { ...process.env, LD_PRELOAD: library, PIPEWRIGHT_SYNC_LOG: log }
      const child = spawn(path, args, { stdio: 'ignore', env })
      await answers(url, child)
      return child
    }
    let child = await launch()
    // A server that is linked statically loads nothing.
    if ((await readFile(log, 'utf8').catch(() => '')) === '') {
      await kill(child)
      throw new PowerLossUnavailable(`${path} does not load the library that watches its syncs`)
    }
    return {
      url,
      get pid() {
        return child.pid ?? -1
      },
      async losePower() {
        await kill(child)
        return { cutBytes: await cutFiles(data, log) }
      },
      async restart() {
        child = await launch()
      },
      async stop() {
        await kill(child)
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

function serverArguments(dir: string, port: number, appendfsync: string): readonly string[] {
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    appendonly: 'yes',
    appendfsync,
    save: '',
    'maxmemory-policy': 'noeviction',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  try {
    while (child.exitCode === null && child.signalCode === null) {
      const reply = await Promise.race([redis.ping().catch(() => ''), delay(200, '')])
      if (reply === 'PONG') return
      await delay(20)
    }
    throw new Error(`the Redis ended with exit code ${child.exitCode}`)
  } finally {
    redis.disconnect()
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('there is no free port'))
      })
    })
  })
}
