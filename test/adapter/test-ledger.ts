import type { Adapter, AdapterOptions } from '@pipewright/mlflow-adapter'
import { Redis } from 'ioredis'

import { mlflow } from '../support/mlflow.ts'
import { removePrefix, sharedRedisUrl, uniquePrefix } from '../support/redis.ts'
import { SeenServer } from './tracking-server.ts'

/** A ledger of a test's own in the shared Redis, and an experiment of its own in the shared MLflow. */
export interface TestLedger {
  readonly prefix: string
  readonly redis: Redis
  readonly seen: SeenServer
  /** Options of an adapter on both. */
  readonly options: AdapterOptions & { readonly redis: string }
  close(): Promise<void>
}

/** Makes a ledger. `servers` replaces the shared ones. */
export async function newLedger(
  name: string,
  servers: { readonly redis?: string; readonly mlflow?: string } = {},
): Promise<TestLedger> {
  const prefix = uniquePrefix(name)
  const id = prefix.slice(1, -1)
  const url = servers.redis ?? sharedRedisUrl()
  const { uri } = await mlflow()
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  // some tests take the server away
  redis.on('error', () => undefined)
  return {
    prefix,
    redis,
    seen: new SeenServer(uri, id),
    options: {
      redis: url,
      prefix,
      tracking: { uri: servers.mlflow ?? uri },
      experiment: id,
      longestDelay: 500,
    },
    async close() {
      redis.disconnect()
      if (servers.redis === undefined) await removePrefix(url, prefix)
    },
  }
}

/** Waits until everything that is in the outbox now is recorded. */
export async function drained(adapter: Adapter): Promise<void> {
  if (await adapter.drain({ timeout: 50_000 })) return
  throw new Error(`not recorded in time: ${JSON.stringify(await adapter.status())}`)
}
