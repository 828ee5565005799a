import { setTimeout as delay } from 'node:timers/promises'

import { connect } from '@pipewright/engine/client'
import { describe, expect, it, onTestFinished } from 'vitest'

import { startRedis } from '../support/redis.ts'
import { shape, workbench } from '../support/workbench.ts'

describe('to wait for a run with strict durability', () => {
  it('goes on through an outage that comes while the end is being made durable', async () => {
    const server = await startRedis()
    onTestFinished(async () => server.stop())
    const { pipeline } = shape('outage', { only: [] })
    const bench = await workbench({ pipelines: [pipeline], url: server.url })
    await bench.work()
    const { id } = await bench.client.enqueue(pipeline)
    await (await bench.client.run(id)).wait({ timeout: 20_000 })
    const client = await connect({ redis: server.url, prefix: bench.prefix, durability: 'strict' })
    onTestFinished(async () => client.close())
    const waited = (await client.run(id)).wait({ timeout: 50_000 })
    // A barrier takes at least 1.1 s, so it is under way now.
    await delay(300)
    await server.kill()
    // Longer than a command of this client waits for its connection.
    await delay(5000)
    await server.restart()
    expect((await waited).status).toBe('succeeded')
  })
})
