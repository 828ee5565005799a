import { describe, expect, it } from 'vitest'

import { testProject } from '../support/projects.ts'
import { bulk, pictureSize, rowCount } from './fixture/pipelines/bulk.ts'

describe('data too large for the ledger', () => {
  it('goes through the store from one worker process to another', async (context) => {
    const project = await testProject(context)
    await Promise.all([
      project.work({ name: 'maker', queues: ['left'] }),
      project.work({ name: 'reader', queues: ['right'] }),
    ])
    const run = await project.client.enqueue(bulk)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    for (const name of ['readings', 'picture']) {
      const reference = await run.reference(name)
      expect(reference?.uri).toContain(run.id)
      expect(reference?.inline).toBeUndefined()
      expect(reference?.bytes).toBeGreaterThan(4096)
    }
    const total = await run.reference('total')
    expect(JSON.parse(total?.inline ?? 'null')).toEqual({
      rows: rowCount,
      sum: ((rowCount - 1) * rowCount) / 16,
      bytes: Array.from({ length: pictureSize }, (_, at) => at % 251).reduce(
        (sum, byte) => sum + byte,
        0,
      ),
      worker: 'reader',
    })
    const workers = (await run.nodes()).map(({ node, worker }) => [node, worker])
    expect(Object.fromEntries(workers)).toEqual({
      make_readings: 'maker',
      make_picture: 'maker',
      add_up: 'reader',
    })
  })
})
