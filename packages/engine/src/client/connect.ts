import {
  assertReachable,
  checkPrefix,
  defaultPrefix,
  defaultRedisUrl,
  openRedis,
  type ConnectOptions,
} from '../redis/connection.ts'
import { Ledger } from '../redis/ledger.ts'
import { Client } from './client.ts'

/**
 * Connects a service to Pipewright's Redis.
 *
 * @throws InfrastructureError `REDIS_UNREACHABLE`, `REDIS_LOADING`, `REDIS_BUSY`; ConfigError `INVALID_REDIS_URL`, `INVALID_PREFIX`
 *
 * @example
 * const client = await connect({ redis: process.env.REDIS_URL })
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const url = options.redis ?? defaultRedisUrl
  const prefix = checkPrefix(options.prefix ?? defaultPrefix)
  const redis = openRedis(url, 'fail')
  try {
    await assertReachable(redis, url)
  } catch (error) {
    redis.disconnect()
    throw error
  }
  return new Client(new Ledger(redis, prefix))
}
