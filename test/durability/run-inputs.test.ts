import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { dataset, node, pipeline, table } from '@pipewright/engine'
import { openResults } from '@pipewright/engine/results'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { workbench, type Workbench } from '../support/workbench.ts'

const batch = table('batch', z.object({ wind: z.number() }))
const total = dataset('total', z.number())
const scoring = pipeline('scoring', [
  node({
    name: 'score',
    inputs: { batch },
    outputs: { total },
    isolation: 'inline',
    run: ({ batch: rows }) => ({ total: rows.reduce((sum, { wind }) => sum + wind, 0) }),
  }),
])

async function scoringBench(): Promise<Workbench> {
  const bench = await workbench({
    pipelines: [scoring],
    configured: {},
    catalog: { batch: { type: 'json', filepath: 'usual.json', versioned: false } },
  })
  await writeFile(join(bench.root, 'usual.json'), '[{"wind":1}]')
  await writeFile(join(bench.root, 'other.csv'), 'wind\n20\n22\n')
  await bench.work()
  return bench
}

const other = { batch: { type: 'csv', filepath: 'other.csv' } }

describe('an input of one run', () => {
  it('is read from where the run says, in its own format; other runs read the catalog', async () => {
    const bench = await scoringBench()
    const results = openResults({ root: bench.root, store: 'store' })
    const runs = [
      await bench.client.enqueue(scoring, { inputs: other }),
      await bench.client.enqueue('scoring', { inputs: other }),
      await bench.client.enqueue(scoring),
    ]
    const totals = await Promise.all(runs.map(async (run) => results.result(run, scoring)))
    expect(totals).toEqual([{ total: 42 }, { total: 42 }, { total: 1 }])
    expect(await runs[0]?.get()).toMatchObject({ inputs: other })
    const [scored] = (await runs[0]?.nodes()) ?? []
    expect(scored?.record?.reads?.[0]).toMatchObject({ path: join(bench.root, 'other.csv') })
  })

  it('that is not there, or of an unknown format, fails the node that reads it', async () => {
    const bench = await scoringBench()
    const absent = { batch: { type: 'csv', filepath: 'absent.csv' } }
    const strange = { batch: { type: 'cvs', filepath: 'other.csv' } }
    for (const [inputs, code] of [
      [absent, 'DATASET_NOT_FOUND'],
      [strange, 'DATASET_TYPE_UNKNOWN'],
    ] as const) {
      const run = await bench.client.enqueue(scoring, { inputs })
      expect((await run.wait()).error).toContain(code)
    }
  })

  it('is refused before anything is written when it cannot be one', async () => {
    const { client } = await scoringBench()
    // As it may come from a request.
    const wrong = JSON.parse('{"batch":{"type":"csv","rows":[1]}}') as typeof other
    const total42 = { total: { type: 'json', filepath: 'x.json' } }
    for (const pipelineOrName of [scoring, 'scoring'] as const) {
      await expect(client.enqueue(pipelineOrName, { inputs: wrong })).rejects.toMatchObject({
        code: 'INVALID_RUN_INPUT',
      })
      await expect(client.enqueue(pipelineOrName, { inputs: total42 })).rejects.toMatchObject({
        code: 'UNKNOWN_DATASET',
      })
    }
    expect(await client.runs.newest()).toEqual([])
  })

  it('belongs to what an idempotency key stands for', async () => {
    const { client } = await scoringBench()
    const first = await client.enqueue(scoring, { inputs: other, key: 'one' })
    const again = await client.enqueue('scoring', { inputs: other, key: 'one' })
    expect(again.id).toBe(first.id)
    await expect(client.enqueue(scoring, { key: 'one' })).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      message: expect.stringContaining('other.csv'),
    })
  })
})
