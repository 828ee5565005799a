import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { claim } from './claiming.ts'
import type { Graph, NodeShape } from './scenario.ts'
import { openGround, type Ground } from './search.ts'
import { Session } from './session.ts'
import { settle } from './settling.ts'
import { perform } from './steps.ts'

/** More dependents than a chunk of edges has. */
const dependents = 600

describe('an error at a write of a commit with very many edges', () => {
  let ground: Ground
  beforeAll(async () => {
    ground = await openGround()
  })
  afterAll(async () => ground.close())

  // Each of the first 512 dependents takes two writes.
  it.each([3, 4, 5, 500, 1025, 1026, 1027, 1030])(
    'is told once and followed to its end when write %i fails',
    { timeout: 60_000 },
    async (write) => {
      const { driver, redis } = ground
      const first: NodeShape = {
        queue: 'one',
        producers: [],
        published: false,
        concurrency: 0,
      }
      const rest = Array.from({ length: dependents }, () => ({ ...first, producers: [0] }))
      const graph: Graph = [first, ...rest]
      const session = new Session(driver, redis, {
        low: 4,
        limit: 0,
        graphs: [graph],
        limits: [],
        steps: [],
      })
      await session.begin()
      await perform(session, { kind: 'submit', x: 0, y: 1025 })
      const attempt = await claim(session, 'one', true)
      await session.check()
      if (attempt === undefined) throw new Error('nothing was claimed')
      const { struck } = driver.calls
      driver.calls.cut = write
      await settle(session, attempt, 'failed', false)
      expect(driver.calls.struck).toBe(struck + 1)
      await session.check()
      while ((await driver.ledger.advance()).backlog > 0);
      await session.check()
      expect(attempt.run.status).toBe('failed')
    },
  )
})
