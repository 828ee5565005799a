import { Redis } from 'ioredis'

import { startRedis, type PrivateRedis } from '../../support/redis.ts'
import type { RowContext } from '../row.ts'

/** Starts a Redis that a row may hurt. It goes when the row has ended. */
export async function ownRedis(
  context: RowContext,
  settings: readonly string[] = [],
): Promise<PrivateRedis> {
  const redis = await startRedis(settings)
  context.cleanup(() => redis.stop())
  return redis
}

/** A connection straight to a server, for what an operator does; it waits while the server is away. */
export function adminOf(context: RowContext, url: string): Redis {
  const admin = new Redis(url, {
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
  })
  admin.on('error', () => undefined)
  context.cleanup(() => admin.disconnect())
  return admin
}
