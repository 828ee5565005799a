import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from './mlflow.ts'
import { removePrefix, sharedRedisUrl, startRedis, uniquePrefix } from './redis.ts'

describe('the servers of a test run', () => {
  it('removes the keys of one prefix only', async () => {
    const redis = new Redis(sharedRedisUrl())
    const [mine, yours] = [uniquePrefix(), uniquePrefix()]
    await redis.mset(`${mine}:a`, '1', `${mine}:b`, '2', `${yours}:a`, '3')
    expect(await removePrefix(sharedRedisUrl(), mine)).toBe(2)
    expect(await redis.get(`${yours}:a`)).toBe('3')
    await removePrefix(sharedRedisUrl(), yours)
    redis.disconnect()
  })

  it('keeps the data of a private Redis over a kill', async () => {
    const server = await startRedis(['--appendfsync', 'always'])
    const redis = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
    redis.on('error', () => undefined)
    await redis.set('key', 'value')
    const before = server.pid
    await server.kill()
    await server.restart()
    expect(await redis.get('key')).toBe('value')
    expect(server.pid).not.toBe(before)
    redis.disconnect()
    await server.stop()
    await server.stop()
  })

  it(
    'has a real MLflow',
    async () => {
      const { uri } = await mlflow()
      expect(await (await fetch(`${uri}/version`)).text()).toBe('3.17.2')
    },
    MLFLOW_TIMEOUT_MS,
  )
})
