import { access } from 'node:fs/promises'
import { join } from 'node:path'

import {
  assertReachable,
  clockSkew,
  observe,
  openRedis,
  withoutPassword,
  type OutboxReader,
  type Trouble,
} from '@pipewright/engine/internal'
import { findPython, pythonEnvironmentPath } from '@pipewright/python/environment'

import { redisOnPath } from '../embedded/redis-binary.ts'
import { messageOf } from '../error-report.ts'
import { exitCodes } from '../exit-code.ts'
import type { OpenedConfig } from '../project/open-project.ts'
import { configuredRedis } from '../services/redis-service.ts'
import { fail, ok, warn, type Check } from './check.ts'
import { field, redisServerChecks, redisSettings, type RedisFacts } from './redis-server-checks.ts'

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
      const facts = await factsOf(redis)
      return [
        versionCheck(name, versionOf(facts.info), latency),
        ...redisServerChecks(facts),
        ...(await recordChecks(url, prefix)),
      ]
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

type Connection = ReturnType<typeof openRedis>

async function factsOf(redis: Connection): Promise<RedisFacts> {
  const read = redisSettings.map(async (name) => {
    const reply: unknown = await redis.config('GET', name)
    return Array.isArray(reply) && typeof reply[1] === 'string' ? [[name, reply[1]] as const] : []
  })
  // Hosted servers let nobody read their settings.
  const settings = await Promise.allSettled(read)
  const [skew] = await Promise.allSettled([clockSkew(redis)])
  return {
    info: await redis.info(),
    settings: Object.fromEntries(
      settings.flatMap((found) => (found.status === 'fulfilled' ? found.value : [])),
    ),
    skew: skew.status === 'fulfilled' ? skew.value : undefined,
  }
}

function versionOf(info: string): string {
  return field(info, 'valkey_version') ?? field(info, 'redis_version') ?? 'unknown'
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

/** What the adapter could not record, and what keeps it from recording now. */
async function recordChecks(url: string, prefix: string): Promise<readonly Check[]> {
  const observer = observe({ redis: url, prefix, group: 'mlflow' })
  try {
    return [
      ...troubleCheck(await observer.trouble.look()),
      ...(await deadLetters(observer.outbox, prefix)),
    ]
  } finally {
    observer.close()
  }
}

function troubleCheck(trouble: Trouble | undefined): readonly Check[] {
  if (trouble === undefined) return []
  const { code, message, hint, isPaused, since, host } = trouble
  const what = isPaused ? 'recording is paused' : 'recording waits'
  const when = new Date(since).toISOString().slice(0, 19).replace('T', ' ')
  return [
    warn(
      'MLflow record',
      `${what} since ${when} UTC, says the adapter on ${host}: ${message} (${code})`,
      hint ?? 'Recording goes on by itself when MLflow answers.',
    ),
  ]
}

async function deadLetters(outbox: OutboxReader, prefix: string): Promise<readonly Check[]> {
  const count = await outbox.deadLetters()
  if (count === 0) return []
  const newest = await outbox.newestDeadLetter()
  const why = newest === undefined ? '' : `; the newest: ${newest.code}: ${newest.message}`
  return [
    warn(
      'MLflow record',
      `${count} transitions could never be recorded${why}`,
      `Their reasons: redis-cli LRANGE '${prefix}:dead-letters:mlflow' 0 -1`,
    ),
  ]
}
