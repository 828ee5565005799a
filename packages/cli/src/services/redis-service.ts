import { withoutPassword } from '@pipewright/engine/internal'

import type { OpenedConfig } from '../project/open-project.ts'

/** A Redis for the time of a command. */
export interface RedisService {
  readonly url: string
  /** The address as it may be shown, with where it comes from. */
  readonly description: string
  readonly embedded: boolean
  /** Gives an embedded server back; the last user stops it. */
  close(): Promise<void>
}

/** How the Redis of a command is found. */
export interface RedisServiceOptions {
  /** `--redis`. */
  readonly redis?: string | undefined
  readonly onProgress?: (message: string) => void
  readonly signal?: AbortSignal
}

/**
 * The Redis of a command: `--redis`, `REDIS_URL`, `redis.url` of `pipewright.yml`, else the project's embedded one,
 * which is started when it does not run.
 *
 * @throws InfrastructureError `REDIS_NOT_FOUND`, `REDIS_START_FAILED`
 */
export async function openRedisService(
  opened: Pick<OpenedConfig, 'root' | 'config'>,
  options: RedisServiceOptions = {},
): Promise<RedisService> {
  const configured = configuredRedis(opened, options.redis)
  if (configured !== undefined) {
    const { url, source } = configured
    const description = `${withoutPassword(url)} (${source})`
    return { url, description, embedded: false, close: async () => {} }
  }
  const { openRedis } = await import('../embedded/index.ts')
  const redis = await openRedis({
    root: opened.root,
    // A commit that waits for a sync each second would take a second.
    sync: opened.config.pipewright.redis.durability === 'strict' ? 'always' : 'everysec',
    onProgress: options.onProgress,
    signal: options.signal,
  })
  return {
    url: redis.url,
    description: `${withoutPassword(redis.url)} (embedded)`,
    embedded: true,
    close: () => redis.close(),
  }
}

/** The Redis that somebody named, if any. */
export function configuredRedis(
  { config }: Pick<OpenedConfig, 'config'>,
  option: string | undefined,
): { readonly url: string; readonly source: string } | undefined {
  if (option !== undefined) return { url: option, source: '--redis' }
  const variable = process.env['REDIS_URL']
  if (variable) return { url: variable, source: 'REDIS_URL' }
  const { url } = config.pipewright.redis
  return url === null ? undefined : { url, source: 'pipewright.yml' }
}
