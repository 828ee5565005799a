import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { dataset, node, pipeline } from '@pipewright/engine'
import { expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'

import { workbench } from '../support/workbench.ts'

it('two runs that commit in the same millisecond keep a version each', async () => {
  const history = dataset('history', z.string())
  const make = node({
    name: 'make',
    isolation: 'inline',
    inputs: {},
    outputs: { history },
    run: (_inputs, { runId }) => ({ history: runId }),
  })
  const twins = pipeline('twins', [make])
  const catalog = { history: { type: 'text', filepath: 'history.txt', versioned: true } }
  const bench = await workbench({ pipelines: [twins], catalog })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  onTestFinished(() => void vi.useRealTimers())
  await bench.work()
  const runs = await Promise.all([bench.client.enqueue(twins), bench.client.enqueue(twins)])
  for (const run of runs) expect((await run.wait()).status).toBe('succeeded')
  const versions = await readdir(join(bench.root, 'history.txt'))
  const contents = versions.map((version) =>
    readFile(join(bench.root, 'history.txt', version, 'history.txt'), 'utf8'),
  )
  expect((await Promise.all(contents)).toSorted()).toEqual(runs.map(({ id }) => id).toSorted())
})
