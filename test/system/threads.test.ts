import { describe, expect, it } from 'vitest'

import { shortLease, starts, testProject, until, type TestProject } from '../support/projects.ts'
import { busy, busyTime, deaf, neighbour, stubborn, warm } from './fixture/pipelines/threads.ts'

/** A timeout counts from the claim, so the threads have to be there before. */
async function warmUp(project: TestProject): Promise<void> {
  const run = await project.client.enqueue(warm)
  await until('both threads', async () => (await project.journal(run)).length === 2)
  await project.open('warm')
  await run.wait({ timeout: 20_000 })
}

describe.concurrent('a synchronous loop', () => {
  it('of three leases in a thread runs once and succeeds; its worker keeps its lease', async (context) => {
    expect(busyTime).toBeGreaterThanOrEqual(3 * shortLease.lease)
    const project = await testProject(context)
    await Promise.all([project.work(), project.work()])
    const run = await project.client.enqueue(busy)
    expect((await run.wait({ timeout: 40_000 })).status).toBe('succeeded')
    expect(starts(await project.journal(run))).toEqual({ loop: 1 })
    const events = await project.events(run)
    expect(events.filter(({ type }) => type === 'node_lost' || type === 'node_retrying')).toEqual(
      [],
    )
  })
})

describe.concurrent('a timeout', () => {
  it('ends a node that does not heed its signal and tries it again; other threads go on', async (context) => {
    const project = await testProject(context)
    await project.work({ threads: 2, grace: 200 })
    await warmUp(project)
    const beside = await project.client.enqueue(neighbour)
    await until('the neighbour to begin', async () => (await project.journal(beside)).length === 1)

    const run = await project.client.enqueue(deaf)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(starts(await project.journal(run))).toEqual({ deaf: 2 })
    const tried = (await project.events(run)).find(({ type }) => type === 'node_retrying')
    expect(tried).toMatchObject({ node: 'deaf', attempt: 1, error: { code: 'NODE_TIMEOUT' } })
    await project.open('neighbour')
    expect((await beside.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(starts(await project.journal(beside)), 'the neighbour ran once').toEqual({
      neighbour: 1,
    })
    const [first, second] = [await project.journal(run), await project.journal(beside)]
    expect(first[0]?.thread).not.toBe(second[0]?.thread)
  })

  it('fails a node without retries that awaits for ever, with NODE_TIMEOUT', async (context) => {
    const project = await testProject(context)
    await project.work({ threads: 2, grace: 200 })
    await warmUp(project)
    const run = await project.client.enqueue(stubborn)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('failed')
    expect(starts(await project.journal(run))).toEqual({ stubborn: 1 })
    expect(await run.nodes()).toMatchObject([{ status: 'failed', error: { code: 'NODE_TIMEOUT' } }])
  })
})
