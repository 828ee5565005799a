import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Redis } from 'ioredis'
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

const execFileAsync = promisify(execFile)
const project = join(import.meta.dirname, 'project')
const main = join(import.meta.dirname, '../../packages/cli/src/main.ts')

const Summary = z.object({
  type: z.literal('summary'),
  status: z.string(),
  nodes: z.array(z.object({ name: z.string(), status: z.string() })),
})

/** `PIPEWRIGHT_REDIS_IMAGE` replaces the image, say by one of a registry of your own. */
const image = process.env['PIPEWRIGHT_REDIS_IMAGE'] ?? 'redis:7'

async function hasDocker(): Promise<boolean> {
  try {
    await execFileAsync('docker', ['info', '--format', '{{.ServerVersion}}'])
    return true
  } catch {
    return false
  }
}

describe.skipIf(!(await hasDocker()))('a Redis in a container', () => {
  let container: StartedTestContainer
  let url: string

  beforeAll(async () => {
    container = await new GenericContainer(image)
      .withCommand(['redis-server', '--appendonly', 'yes', '--protected-mode', 'no'])
      .withExposedPorts(6379)
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
      .start()
    url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`
  })
  afterAll(async () => {
    await container.stop()
    await rm(join(project, '.pipewright'), { recursive: true, force: true })
  })

  it('runs a pipeline and still holds the run after a restart', async () => {
    const { stdout } = await execFileAsync(
      process.execPath,
      ['--conditions=@pipewright/source', main, 'run', 'powers', '--no-mlflow', '--json'],
      { cwd: project, env: { ...process.env, REDIS_URL: url } },
    )
    const summary = Summary.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
    expect(summary.status).toBe('succeeded')
    expect(summary.nodes.map(({ name, status }) => `${name} ${status}`).toSorted()).toEqual([
      'count succeeded',
      'cube succeeded',
      'square succeeded',
      'sum succeeded',
    ])

    await container.restart()
    const redis = new Redis(`redis://${container.getHost()}:${container.getMappedPort(6379)}`, {
      retryStrategy: () => 50,
      maxRetriesPerRequest: null,
    })
    redis.on('error', () => undefined)
    expect(await redis.dbsize()).toBeGreaterThan(0)
    redis.disconnect()
  })
})
