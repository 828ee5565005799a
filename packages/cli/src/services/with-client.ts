import { access } from 'node:fs/promises'
import { join } from 'node:path'

import { PipewrightError } from '@pipewright/engine'
import { connect, type Client } from '@pipewright/engine/client'
import { loadConfig } from '@pipewright/engine/internal'

import { durabilityOf } from '../options/durability-option.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { openConfig, prefixOf, type OpenedConfig } from '../project/open-project.ts'
import { configuredRedis, openRedisService } from './redis-service.ts'

/** What a command that looks into Redis works with. */
export interface ConnectedCommand {
  readonly client: Client
  readonly redis: string
  readonly opened: OpenedConfig
}

/**
 * Calls `action` with a client of the project's Redis. No code of the project is loaded; outside a project `--redis` or
 * `REDIS_URL` is enough. Returns undefined, without a call, when the project's own embedded Redis was never started, so
 * that there is nothing to look at.
 *
 * @throws InfrastructureError `REDIS_UNREACHABLE`
 */
export async function withClient<T>(
  options: ProjectOptions,
  action: (connected: ConnectedCommand) => Promise<T>,
): Promise<T | undefined> {
  const opened = await openConfigAnywhere(options)
  const isConfigured = configuredRedis(opened, options.redis) !== undefined
  if (!isConfigured && !(await hasEmbeddedData(opened.root))) return undefined
  const redis = await openRedisService(opened, { redis: options.redis })
  try {
    const client = await connect({
      redis: redis.url,
      prefix: opened.prefix,
      ...durabilityOf(opened),
    })
    try {
      return await action({ client, redis: redis.url, opened })
    } finally {
      await client.close()
    }
  } finally {
    await redis.close()
  }
}

/**
 * The configuration of the project; outside of one, where `--redis` or `REDIS_URL` says which Redis is meant, that of the `conf` of the
 * working directory, if it has one.
 *
 * @throws ConfigError `PROJECT_NOT_FOUND`, and what `conf` is refused for
 */
export async function openConfigAnywhere(options: ProjectOptions): Promise<OpenedConfig> {
  try {
    return await openConfig({ env: options.env })
  } catch (error) {
    const isOutside = error instanceof PipewrightError && error.code === 'PROJECT_NOT_FOUND'
    if (!isOutside || !(options.redis ?? process.env['REDIS_URL'])) throw error
    const root = process.cwd()
    const config = await loadConfig({ root, env: options.env })
    const file = join(root, 'pipewright.config.ts')
    return { root, file, config, catalog: config.catalog, prefix: prefixOf(config) }
  }
}

function hasEmbeddedData(root: string): Promise<boolean> {
  return access(join(root, '.pipewright', 'redis')).then(
    () => true,
    () => false,
  )
}
