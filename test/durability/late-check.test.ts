import { keys, runScript } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { workbench } from '../support/workbench.ts'

const suffixes = [
  'stalled',
  'wait',
  'active',
  'stalled-check',
  'meta',
  'paused',
  'marker',
  'events',
  'repeat',
] as const

describe('a check for lost workers', () => {
  it('that another worker has just made is no sign of an outage to the next one', async () => {
    const { redis, prefix } = await workbench({ pipelines: [] })
    const queue = `${keys.queuePrefix(prefix)}:default:`
    const check = async (since: number): Promise<unknown> =>
      runScript(
        redis,
        'recover',
        [...suffixes.map((suffix) => queue + suffix), prefix],
        [1000, queue, Date.now(), 5000, 10, 16, since, 0],
      )
    await check(-1)
    // The other worker looks five seconds after its last look; the first has looked meanwhile.
    await redis.hincrby(`${queue}meta`, 'checked', -5000)
    await check(5000)
    // The first worker is gone, and so is the mark of its check.
    await redis.del(`${queue}stalled-check`)
    await check(0)
    expect(await redis.hget(`${queue}meta`, 'spared')).toBe('0')
  })

  it('that comes seconds late is one', async () => {
    const { redis, prefix } = await workbench({ pipelines: [] })
    const queue = `${keys.queuePrefix(prefix)}:default:`
    await redis.hset(`${queue}meta`, 'checked', Date.now() - 9000)
    await runScript(
      redis,
      'recover',
      [...suffixes.map((suffix) => queue + suffix), prefix],
      [1000, queue, Date.now(), 5000, 10, 16, 5000, 0],
    )
    expect(Number(await redis.hget(`${queue}meta`, 'spared'))).toBeGreaterThan(Date.now())
  })
})
