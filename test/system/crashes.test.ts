import { describe, expect, it } from 'vitest'

import { starts, testProject } from '../support/projects.ts'
import { crashes } from './fixture/pipelines/crashes.ts'

describe('a node in a process of its own', () => {
  it('that ends its process fails by name and is tried again; its neighbours go on', async () => {
    const project = await testProject()
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
    const failures = events.flatMap((event) =>
      event.type === 'node_retrying' ? [[event.node, event.error.code, event.error.message]] : [],
    )
    expect(failures.toSorted()).toEqual([
      ['exit', 'ISOLATE_CRASHED', expect.stringContaining('exit code 3')],
      ['out_of_memory', 'ISOLATE_CRASHED', expect.stringContaining('memory')],
      ['segfault', 'ISOLATE_CRASHED', expect.stringContaining('SIGSEGV')],
    ])
    expect(events.filter(({ type }) => type === 'node_lost')).toEqual([])
  })
})
