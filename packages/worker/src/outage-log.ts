import { lastProblem } from '@pipewright/engine/internal'
import type { Redis } from 'ioredis'

import type { WorkerLog } from './log.ts'

/** Milliseconds without a connection that are worth telling: a connection that is made anew is up again sooner. */
const worthTelling = 1000

/** Says when Redis is away and when it is back: commands wait for it meanwhile, so nothing else would. */
export function tellOutages(redis: Redis, log: WorkerLog): void {
  let since: number | undefined
  let timer: NodeJS.Timeout | undefined
  redis.on('close', () => {
    if (since !== undefined) return
    const began = performance.now()
    since = began
    timer = setTimeout(() => {
      timer = undefined
      const reason = lastProblem(redis)?.message || 'the connection was closed'
      log.error(
        { code: 'REDIS_UNREACHABLE' },
        `Redis is away (${reason}); the worker waits for it.`,
      )
    }, worthTelling)
    timer.unref()
  })
  redis.on('ready', () => {
    if (since !== undefined && timer === undefined) {
      const away = ((performance.now() - since) / 1000).toFixed(1)
      log.info({}, `Redis is back after ${away} s.`)
    }
    clearTimeout(timer)
    timer = undefined
    since = undefined
  })
  redis.on('end', () => clearTimeout(timer))
}
