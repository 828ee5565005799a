import { describe, expect, it } from 'vitest'

import { starts, testProject, until } from '../support/projects.ts'
import { startRedis, type PrivateRedis } from '../support/redis.ts'
import { heldNodes, relay } from './fixture/pipelines/relay.ts'

/** Longer than Redis is away, so that no lease runs out meanwhile. */
const lease = 10_000

describe.concurrent('Redis, restarted in mid-run,', () => {
  it.for<[string, (redis: PrivateRedis) => Promise<void>]>([
    ['by a kill', async (redis) => redis.kill()],
    ['gracefully', async () => Promise.resolve()],
  ])(
    '%s costs no body: those that end meanwhile are committed when it is back',
    async ([, down], context) => {
      const redis = await startRedis()
      context.onTestFinished(async () => redis.stop())
      const project = await testProject(context, redis.url)
      await Promise.all([project.work({ lease }), project.work({ lease })])
      const run = await project.client.enqueue(relay)
      const begun = async (count: number, what: string): Promise<unknown> =>
        until(`${count} held nodes to have ${what}`, async () => {
          const journal = await project.journal(run)
          const found = journal.filter(
            (entry) => entry.node.startsWith('held_') && entry.what === what,
          )
          return found.length === count
        })
      await begun(heldNodes.length, 'started')
      const before = redis.pid
      await down(redis)
      await project.open('relay')
      await begun(heldNodes.length, 'ended')
      await redis.restart()
      expect(redis.pid).not.toBe(before)

      expect((await run.wait({ timeout: 30_000 })).status).toBe('succeeded')
      const once = ['first', 'second', ...heldNodes, 'last'].map((node) => [node, 1])
      expect(starts(await project.journal(run))).toEqual(Object.fromEntries(once))
      const events = await project.events(run)
      expect(events.filter(({ type }) => type === 'node_lost')).toEqual([])
      expect(events.filter(({ type }) => type === 'node_finished')).toHaveLength(7)
    },
  )
})
