import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'
import { redisBinary } from 'pipewright/embedded'

import { testSetting } from './test-setting.ts'

/** URL of the Redis that all tests of this run share. Use keys of your own (`uniquePrefix`); never FLUSHALL. */
export function sharedRedisUrl(): string {
  return testSetting('PIPEWRIGHT_TEST_REDIS')
}

/** A prefix that no other test uses, with a hash tag as the engine's keys need. */
export function uniquePrefix(name = 'test'): string {
  return `{${name}-${randomBytes(6).toString('hex')}}`
}

/** Removes all keys of a prefix, and returns how many there were. */
export async function removePrefix(url: string, prefix: string): Promise<number> {
  const redis = new Redis(url)
  let removed = 0
  try {
    const escaped = prefix.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)
    for await (const keys of redis.scanStream({ match: `${escaped}*`, count: 1_000 })) {
      if (Array.isArray(keys) && keys.length > 0) removed += await redis.unlink(keys.map(String))
    }
    return removed
  } finally {
    redis.disconnect()
  }
}

/** A Redis of one test, to be killed, stopped and started again at will. */
export interface PrivateRedis {
  /** Stays the same over `restart`. */
  readonly url: string
  readonly port: number
  /** Process id of the server that runs now. */
  readonly pid: number
  /** Ends it with SIGKILL, as a crash would; with the append-only file synced each second, up to 1 s of writes is lost. */
  kill(): Promise<void>
  /** Starts it again on the same port and data, and waits until it answers. */
  restart(): Promise<void>
  /** Ends it for good and removes its data. Safe to call twice. */
  stop(): Promise<void>
}

/** Starts a Redis of the test's own, with an append-only file. `settings` are further options, e.g. `['--maxmemory', '20mb']`. */
export async function startRedis(settings: readonly string[] = []): Promise<PrivateRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'pipewright-redis-'))
  const { path } = await redisBinary({ root: testRoot() })
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn(path, [...serverArguments(directory, port), ...settings], {
      stdio: 'ignore',
    })
    await answers(url, child)
    return child
  }
  let child = await launch()
  return {
    url,
    port,
    get pid() {
      return child.pid ?? -1
    },
    kill: () => end(child, 'SIGKILL'),
    async restart() {
      await end(child, 'SIGTERM')
      child = await launch()
    },
    async stop() {
      await end(child, 'SIGKILL')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

function serverArguments(directory: string, port: number): string[] {
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const redis = new Redis(url, {
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
    lazyConnect: false,
  })
  redis.on('error', () => undefined)
  try {
    while (child.exitCode === null) {
      const reply = await redis.ping().catch(() => 'loading')
      if (reply === 'PONG') return
      await sleep(20)
    }
    throw new Error(`the test's Redis ended with exit code ${child.exitCode}`)
  } finally {
    redis.disconnect()
  }
}

/** For unit tests, which have no global set-up: the environment of `PIPEWRIGHT_PYTHON_ENV` is what counts. */
function testRoot(): string {
  return process.env['PIPEWRIGHT_TEST_ROOT'] ?? join(import.meta.dirname, '..', '..')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('no free port'))
      })
    })
  })
}
