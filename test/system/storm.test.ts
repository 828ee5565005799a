import { expect, it } from 'vitest'

import { testProject } from '../support/projects.ts'
import { storm } from '../support/storm.ts'

it('three runs end right while workers are killed one after the other', async (context) => {
  const project = await testProject(context)
  const report = await storm(project, {
    runs: 3,
    workers: 3,
    every: 400,
    most: 6,
    pace: 60,
    limit: 50_000,
  })
  console.info('storm', report)
  expect(report.nodes).toBe(30 + 102 + 100)
  expect(report.kills, 'kills').toBeGreaterThanOrEqual(4)
})
