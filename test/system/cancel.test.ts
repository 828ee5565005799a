import { describe, expect, it } from 'vitest'

import { starts, testProject, until } from '../support/projects.ts'
import { gated } from './fixture/pipelines/gated.ts'

describe('a cancel from another process', () => {
  it('aborts running nodes, ends those that wait as cancelled, and the run with them', async (context) => {
    const project = await testProject(context)
    await project.work()
    const run = await project.client.enqueue(gated)
    await until(
      'the node to begin',
      async () => starts(await project.journal(run))['waiting'] === 1,
    )
    expect(await run.cancel()).toBe('cancelling')
    expect((await run.wait({ timeout: 20_000 })).status).toBe('cancelled')
    const statuses = (await run.nodes()).map(({ node, status }) => [node, status])
    expect(statuses).toEqual([
      ['before', 'succeeded'],
      ['waiting', 'cancelled'],
      ['after', 'cancelled'],
      ['end', 'cancelled'],
    ])
    const journal = await project.journal(run)
    expect(journal.at(-1)).toMatchObject({ node: 'waiting', what: 'aborted' })
    expect(starts(journal)).toEqual({ before: 1, waiting: 1 })
    expect(await run.cancel()).toBe('ended')
  })
})
