import { access } from 'node:fs/promises'
import { join } from 'node:path'

import { assertReachable, observe, openRedis, withoutPassword } from '@pipewright/engine/internal'

import { findPython } from '../embedded/python-command.ts'
import { pythonEnvironmentPath } from '../embedded/python-environment.ts'
import { redisOnPath } from '../embedded/redis-binary.ts'
import { messageOf } from '../error-report.ts'
import { exitCodes } from '../exit-code.ts'
import type { OpenedConfig } from '../project/open-project.ts'
import { configuredRedis } from '../services/redis-service.ts'
import { fail, ok, warn, type Check } from './check.ts'

const oldestRedis = [6, 2] as const
const slowPing = 5

/** The configured Redis and its settings, or that an embedded one can be had. */
export async function checkRedis(
  opened: OpenedConfig,
  option: string | undefined,
): Promise<readonly Check[]> {
  const configured = configuredRedis(opened, option)
  return configured === undefined
    ? [await checkEmbedded(opened.root)]
    : checkServer(configured.url, opened.prefix)
}

async function checkEmbedded(root: string): Promise<Check> {
  const onPath = await redisOnPath(process.env['PATH'] ?? '')
  if (onPath !== undefined) return ok('Redis', `embedded, from ${onPath}`)
  const installed = await access(join(pythonEnvironmentPath(root), '.pipewright', 'Valkey')).then(
    () => true,
    () => false,
  )
  if (installed) return ok('Redis', 'embedded, from the project’s Python environment')
  if ((await findPython()) !== undefined) {
    return ok('Redis', 'embedded, to be installed by the first run (2 MB)')
  }
  return fail(
    'Redis',
    exitCodes.infrastructure,
    'REDIS_URL is not set, no redis-server is on PATH and no Python is there to install one',
    'Any one of three: set REDIS_URL; install Redis or Valkey 6.2 or newer; install Python 3.10 or newer.',
  )
}

async function checkServer(url: string, prefix: string): Promise<readonly Check[]> {
  const name = `Redis at ${withoutPassword(url)}`
  try {
    const redis = openRedis(url, 'fail')
    try {
      await assertReachable(redis, url, 3000)
      const started = performance.now()
      for (let pings = 0; pings < 20; pings++) await redis.ping()
      const latency = (performance.now() - started) / 20
      const info = await redis.info()
      return [...serverChecks(name, info, latency), ...(await deadLetters(url, prefix))]
    } finally {
      redis.disconnect()
    }
  } catch (error) {
    return [
      fail(
        name,
        exitCodes.infrastructure,
        messageOf(error),
        'Start it, or correct REDIS_URL or redis.url of pipewright.yml.',
      ),
    ]
  }
}

function serverChecks(name: string, info: string, latency: number): readonly Check[] {
  const version = field(info, 'valkey_version') ?? field(info, 'redis_version') ?? 'unknown'
  return [
    versionCheck(name, version, latency),
    field(info, 'aof_enabled') === '1'
      ? ok('append-only file', 'on')
      : warn(
          'append-only file',
          'off: a crash of Redis loses what was written since its last snapshot',
          'Set "appendonly yes" and "appendfsync everysec".',
        ),
    policyCheck(field(info, 'maxmemory_policy')),
  ]
}

function versionCheck(name: string, version: string, latency: number): Check {
  const ping = `${latency.toFixed(latency < 1 ? 2 : 1)} ms a round trip`
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor, wantedMinor] = oldestRedis
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    const wanted = oldestRedis.join('.')
    const text = `version ${version} is too old`
    return fail(name, exitCodes.infrastructure, text, `Use Redis or Valkey ${wanted} or newer.`)
  }
  if (latency <= slowPing) return ok(name, `version ${version}, ${ping}`)
  return warn(
    name,
    `version ${version}, ${ping}: each node costs at least that`,
    'Run workers near Redis.',
  )
}

function policyCheck(policy: string | undefined): Check {
  if (policy === undefined) {
    return warn('maxmemory-policy', 'the server does not tell', 'It must be noeviction.')
  }
  if (policy === 'noeviction') return ok('maxmemory-policy', policy)
  return fail(
    'maxmemory-policy',
    exitCodes.infrastructure,
    `${policy}: Redis may throw away jobs and runs when memory is short`,
    'Set "maxmemory-policy noeviction".',
  )
}

async function deadLetters(url: string, prefix: string): Promise<readonly Check[]> {
  const observer = observe({ redis: url, prefix, group: 'mlflow' })
  try {
    const count = await observer.outbox.deadLetters()
    if (count === 0) return []
    return [
      warn(
        'MLflow record',
        `${count} transitions could never be recorded`,
        `Their reasons: redis-cli LRANGE '${prefix}:dead-letters:mlflow' 0 -1`,
      ),
    ]
  } finally {
    observer.close()
  }
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}
