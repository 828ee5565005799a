import type { PipewrightError } from '@pipewright/engine'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'

import { testProject } from '../../cli/test-project.ts'
import { startRedis } from '../../support/redis.ts'
import { shape, workbench } from '../../support/workbench.ts'

async function errorOf(asked: Promise<unknown>): Promise<PipewrightError | undefined> {
  return asked.then(
    () => undefined,
    // What it is rejected with is what the test is about.
    (error: unknown) => error as PipewrightError,
  )
}

describe('a client whose Redis is gone', () => {
  it('is told so by each of its methods, with what to do', async () => {
    const redis = await startRedis()
    onTestFinished(async () => redis.stop())
    const { pipeline } = shape('asked', { only: [] })
    const bench = await workbench({ pipelines: [pipeline], url: redis.url })
    const run = await bench.client.enqueue(pipeline)
    await run.plan()
    await redis.kill()
    const errors = await Promise.all(
      [
        bench.client.enqueue(pipeline),
        bench.client.run(run.id),
        bench.client.runs.newest(),
        run.get(),
        run.nodes(),
        run.reference('only_out'),
        run.cancel(),
      ].map(errorOf),
    )
    for (const error of errors) {
      expect(error).toMatchObject({
        code: 'REDIS_UNREACHABLE',
        message: expect.stringMatching(/^Cannot .*ECONNREFUSED|^Cannot .*closed/),
        hint: expect.stringMatching(/\w/),
      })
    }
  })

  it('waits for a run until its timeout, and is then told why nothing was heard', async () => {
    const redis = await startRedis()
    onTestFinished(async () => redis.stop())
    const { pipeline } = shape('waited', { only: [] })
    const bench = await workbench({ pipelines: [pipeline], url: redis.url })
    const run = await bench.client.enqueue(pipeline)
    await redis.kill()
    expect(await errorOf(run.wait({ timeout: 200 }))).toMatchObject({
      code: 'RUN_WAIT_TIMEOUT',
      message: expect.stringContaining('Cannot wait for run'),
      cause: expect.objectContaining({ code: 'REDIS_UNREACHABLE' }),
    })
  })

  it('does not wait for ever when it was closed itself', async () => {
    const { pipeline } = shape('closed', { only: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const run = await bench.client.enqueue(pipeline)
    const waiting = errorOf(run.wait())
    await bench.client.close()
    expect(await waiting).toMatchObject({ code: 'REDIS_UNREACHABLE' })
  })
})

describe('the command line', () => {
  it('names the trouble of Redis, says what to do, and exits with 4', async () => {
    const redis = await startRedis()
    const admin = new Redis(redis.url)
    const project = await testProject()
    onTestFinished(async () => {
      admin.disconnect()
      await project.dispose()
      await redis.stop()
    })
    await admin.config('SET', 'maxmemory', '1')
    const environment = { REDIS_URL: redis.url }
    const full = await project.start(['enqueue', 'training'], environment).ended
    expect(full.exitCode).toBe(4)
    expect(full.stderr).toContain('Cannot enqueue a run of pipeline "training"')
    expect(full.stderr).toContain('Raise maxmemory')
    expect(full.stderr).toContain('docs/errors/REDIS_OUT_OF_MEMORY.md')

    await admin.config('SET', 'maxmemory', '0')
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const worker = await project.start(['worker'], environment).ended
    expect(worker.exitCode).toBe(4)
    expect(worker.stderr).toContain('docs/errors/REDIS_EVICTS.md')
    const doctor = await project.start(['doctor'], environment).ended
    expect(doctor.exitCode).toBe(4)
    expect(doctor.stdout).toMatch(/fail +maxmemory-policy: allkeys-lru/)
    expect(doctor.stdout).toMatch(/ok +append-only file: on, synced each second/)
    expect(doctor.stdout).toMatch(/ok +clock: within/)
  })
})
