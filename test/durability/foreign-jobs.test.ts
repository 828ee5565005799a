import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { keys } from '@pipewright/engine/internal'
import { Queue } from 'bullmq'
import { describe, expect, it, onTestFinished } from 'vitest'

import { shape, workbench } from '../support/workbench.ts'

describe('a job that somebody else put into a queue', () => {
  it('ends by itself and holds up no node run', async () => {
    const { pipeline } = shape('plain', { a: [], b: ['a'] })
    const bench = await workbench({ pipelines: [pipeline] })
    const queue = new Queue('default', {
      connection: bench.redis,
      prefix: keys.queuePrefix(bench.prefix),
    })
    onTestFinished(async () => queue.close())
    await queue.add('not ours', { some: 'data' })
    await bench.work({ concurrency: 1 })
    const run = await bench.client.enqueue(pipeline)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    await expect
      .poll(async () => queue.getJobCounts('active', 'waiting'))
      .toEqual({ active: 0, waiting: 0 })
  })
})

describe('a dataset whose catalog path refuses it', () => {
  it('ends the run as failed and says why', { timeout: 60_000 }, async () => {
    const { pipeline } = shape('refused', { a: [] })
    const catalog = { a_out: { type: 'json', filepath: 'file/a.json', versioned: false } }
    const bench = await workbench({ pipelines: [pipeline], catalog })
    // A folder lies where the file should be.
    await mkdir(join(bench.root, 'file', 'a.json'), { recursive: true })
    await bench.work()
    const run = await bench.client.enqueue(pipeline)
    const ended = await run.wait({ timeout: 50_000 })
    expect(ended).toMatchObject({ status: 'failed', finished: 1 })
    expect(ended.error).toContain('a_out')
  })
})
