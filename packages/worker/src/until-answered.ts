import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

/**
 * Asks until Redis answers: an outage is no failure of a node. Throws only when the connection was closed by this worker.
 *
 * @param onError Told of each error.
 */
export async function untilAnswered<Answer>(
  redis: Redis,
  onError: (error: unknown) => void,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (redis.status === 'end') throw error
      onError(error)
      await delay(Math.min(50 * 2 ** Math.min(tries, 6), 2000))
    }
  }
}
