import { describe, expect, it } from 'vitest'

import { starts, testProject } from '../support/projects.ts'
import { crashes } from './fixture/pipelines/crashes.ts'

describe('a node in a process of its own', () => {
  it('that ends its process fails by name and is tried again; its neighbours go on', async (context) => {
    const project = await testProject(context)
    // The bound of the heap is the worker's, and its processes inherit it.
    await project.work({ execArgv: ['--max-old-space-size=100'], env: { NODE_OPTIONS: '' } })
    const run = await project.client.enqueue(crashes)
    const journal = async () => starts(await project.journal(run))
    await expect
      .poll(journal, { timeout: 40_000 })
      .toEqual({ exit: 2, segfault: 2, out_of_memory: 2, innocent: 1 })
    await project.open('innocent')
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(await journal()).toMatchObject({ innocent: 1 })
    const events = await project.events(run)
    const retried = events.filter((event) => event.type === 'node_retrying')
    expect(Object.fromEntries(retried.map(({ node, error }) => [node, error]))).toMatchObject({
      exit: { code: 'ISOLATE_CRASHED', message: expect.stringContaining('exit code 3') },
      out_of_memory: { code: 'ISOLATE_CRASHED', message: expect.stringContaining('memory') },
      segfault: { code: 'ISOLATE_CRASHED', message: expect.stringContaining('SIGSEGV') },
    })
    expect(retried).toHaveLength(3)
    expect(events.filter(({ type }) => type === 'node_lost')).toEqual([])
  })
})
