import { describe, expect, it } from 'vitest'

import { testProject, type TestProject } from '../support/projects.ts'

/** Slots of the runs that there are, in order. */
async function slotsOf(project: TestProject): Promise<readonly number[]> {
  const created = (await project.allEvents()).filter(({ type }) => type === 'run_created')
  const runs = await Promise.all(
    created.map(async ({ run }) => (await project.client.run(run)).get()),
  )
  return runs.map(({ tags }) => Date.parse(tags['pipewright.slot'] ?? '')).toSorted((a, b) => a - b)
}

const killedAt = (point: string) => ({ PIPEWRIGHT_CRASH_POINTS: `client.${point}:2=kill` })

describe('of three workers that fire a schedule', () => {
  it('one is killed before its slot has a run and one after, and each slot has exactly one', async (context) => {
    const project = await testProject(context)
    const [before, after] = await Promise.all([
      project.work({ env: killedAt('submitting') }),
      project.work({ env: killedAt('submitted') }),
      project.work(),
    ])
    await project.open('neighbour')
    const schedule = { pipeline: 'neighbour', every: '1s', overlap: 'allow' } as const
    await project.client.schedules.put('each-second', schedule)
    expect(await before.ended).toMatchObject({ signal: 'SIGKILL' })
    expect(await after.ended).toMatchObject({ signal: 'SIGKILL' })
    const count = (await slotsOf(project)).length
    await expect
      .poll(async () => (await slotsOf(project)).length, { timeout: 30_000, interval: 200 })
      .toBeGreaterThan(count + 3)
    const slots = await slotsOf(project)
    expect(slots).toEqual(slots.map((_, at) => (slots[0] ?? 0) + at * 1000))
  })
})
