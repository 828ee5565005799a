import { describe, expect, it, type TestContext } from 'vitest'

import { starts, testProject, type TestProject } from '../support/projects.ts'
import { poisoned, unlucky } from './fixture/pipelines/poison.ts'

/** Starts workers, and another one for each that has ended while the test runs. Returns how many have ended. */
function keepWorking(context: TestContext, project: TestProject, workers: number): () => number {
  let ended = 0
  const over = new AbortController()
  context.onTestFinished(() => over.abort())
  const work = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const worker = await project.work({ concurrency: 8, lease: 1000 })
      await worker.ended
      ended += 1
    }
  }
  for (let count = 0; count < workers; count += 1) void work()
  return () => ended
}

describe('quarantine', () => {
  it('blames the node that kills its workers by name, and lets its thirty neighbours live', async (context) => {
    const project = await testProject(context)
    const crashes = keepWorking(context, project, 2)
    const run = await project.client.enqueue(poisoned)
    const ended = await run.wait({ timeout: 50_000 })
    expect(ended.status).toBe('failed')
    expect(ended.error).toContain('"poison"')
    const nodes = await run.nodes()
    expect(nodes.find(({ node }) => node === 'poison')).toMatchObject({
      attempt: 3,
      error: { code: 'NODE_POISONED', message: expect.stringContaining('SIGKILL') },
    })
    const others = nodes.filter(({ node }) => node !== 'poison')
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set(['skipped', 'succeeded']))
    expect(others.filter(({ status }) => status === 'succeeded')).toHaveLength(30)
    expect(starts(await project.journal(run))['poison']).toBe(3)
    expect(crashes()).toBe(2)
  })

  it('runs an innocent suspect to its end, and what depends on it after that', async (context) => {
    const project = await testProject(context)
    keepWorking(context, project, 1)
    const run = await project.client.enqueue(unlucky)
    expect((await run.wait({ timeout: 45_000 })).status).toBe('succeeded')
    expect((await run.nodes()).map(({ node, attempt }) => [node, attempt])).toEqual([
      ['unlucky', 3],
      ['next', 1],
    ])
    const losses = (await project.events(run)).flatMap((event) =>
      event.type === 'node_lost' ? [event.losses] : [],
    )
    expect(losses).toEqual([1, 2])
  })
})
