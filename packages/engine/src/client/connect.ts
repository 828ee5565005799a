import {
  assertReachable,
  checkPrefix,
  defaultPrefix,
  defaultRedisUrl,
  openRedis,
  type ConnectOptions,
} from '../redis/connection.ts'
import { openDurability } from '../redis/durability.ts'
import { Ledger } from '../redis/ledger.ts'
import { Client } from './client.ts'

/**
 * Connects a service to Pipewright's Redis.
 *
 * @throws InfrastructureError `REDIS_UNREACHABLE`, `REDIS_LOADING`, `REDIS_BUSY`, and with `durability: 'strict'`
 * `DURABILITY_UNAVAILABLE`; ConfigError `INVALID_REDIS_URL`, `INVALID_PREFIX`
 *
 * @example
 * const client = await connect({ redis: process.env.REDIS_URL })
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const url = options.redis ?? defaultRedisUrl
  const prefix = checkPrefix(options.prefix ?? defaultPrefix)
  const redis = openRedis(url, 'fail')
  const durability = openDurability(redis, prefix, options)
  try {
    await assertReachable(redis, url)
    await durability.assertAvailable()
  } catch (error) {
    durability.close()
    redis.disconnect()
    throw error
  }
  return new Client(new Ledger(redis, prefix), durability)
}
