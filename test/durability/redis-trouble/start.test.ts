import { checkServer, openRedis } from '@pipewright/engine/internal'
import type { WorkerSettings } from '@pipewright/worker'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'

import { startRedis } from '../../support/redis.ts'
import { shape, workbench } from '../../support/workbench.ts'

const { pipeline } = shape('started', { only: [] })
const realNow = Date.now

function setClock(milliseconds: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + milliseconds)
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a worker', () => {
  it.each(['allkeys-lru', 'volatile-ttl'])(
    'does not start on a server that evicts: %s',
    async (policy) => {
      const redis = await startRedis(['--maxmemory-policy', policy])
      onTestFinished(async () => redis.stop())
      const bench = await workbench({ pipelines: [pipeline], url: redis.url })
      await expect(bench.work()).rejects.toMatchObject({
        code: 'REDIS_EVICTS',
        message: expect.stringContaining(policy),
        hint: expect.stringContaining('noeviction'),
      })
    },
  )

  it.each<[number, string]>([
    [61_000, 'ahead of'],
    [-61_000, 'behind'],
  ])('does not start when its clock is more than five seconds off: %i ms', async (off, which) => {
    const bench = await workbench({ pipelines: [pipeline] })
    setClock(off)
    await expect(bench.work()).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
      message: expect.stringMatching(new RegExp(`6[01]\\.\\d s ${which} that of Redis`)),
    })
  })

  it('says in its log when its clock leaves that of Redis, and when it is back', async () => {
    const said: string[] = []
    const write = (_fields: unknown, message?: unknown): void => {
      said.push(String(message))
    }
    const log: WorkerSettings['log'] = { debug: write, info: write, warn: write, error: write }
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.work({ log, checkClockEvery: 20 })
    setClock(-3_600_000)
    await expect.poll(() => said.join('\n')).toMatch(/3600\.0 s behind that of Redis/)
    // It goes on, and a node run takes no negative time.
    const run = await bench.client.enqueue(pipeline)
    await run.wait({ timeout: 10_000 })
    const [node] = await run.nodes()
    expect((node?.endedAt ?? 0) - (node?.startedAt ?? 0)).toBeGreaterThanOrEqual(0)
    vi.restoreAllMocks()
    await expect.poll(() => said.join('\n')).toMatch(/agrees with that of Redis again/)
    expect(said.filter((line) => line.includes('behind'))).toHaveLength(1)
  })
})

describe('the check of a server', () => {
  it('warns when the user may not ask for its settings', async () => {
    const redis = await startRedis()
    const admin = openRedis(redis.url, 'fail')
    onTestFinished(async () => {
      admin.disconnect()
      await redis.stop()
    })
    await admin.call(
      'ACL',
      'SETUSER',
      'limited',
      'on',
      '>secret',
      '~*',
      '+@all',
      '-info',
      '-config',
      '-time',
    )
    const limited = openRedis(redis.url.replace('//', '//limited:secret@'), 'fail')
    onTestFinished(() => limited.disconnect())
    const warnings: string[] = []
    await checkServer(limited, { onWarning: (message) => warnings.push(message) })
    expect(warnings).toEqual([
      expect.stringContaining('maxmemory-policy'),
      expect.stringContaining('clock'),
    ])
  })
})
