import { expect, it } from 'vitest'

import { testProject } from '../support/projects.ts'
import { storm } from '../support/storm.ts'

it('nine runs end right while a worker is killed each 400 ms', async (context) => {
  const project = await testProject(context)
  const report = await storm(project, {
    runs: 9,
    workers: 3,
    every: 400,
    pace: 250,
    limit: 500_000,
  })
  console.info('storm', report)
  expect(report.nodes).toBe(3 * (30 + 102 + 100))
  expect(report.kills, 'kills').toBeGreaterThanOrEqual(30)
  expect(report.repeated, 'a storm that repeats nothing proves nothing').toBeGreaterThan(0)
})
