import { branch, dataset, node, pipeline, type Pipeline } from '@pipewright/engine'
import { runPipeline } from '@pipewright/engine/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { workbench } from '../support/workbench.ts'

const drift = dataset('drift', z.number())
const model = dataset('model', z.string())
const notes = dataset('notes', z.string())
const summary = dataset('summary', z.string())
const receipt = dataset('receipt', z.string())

/** Retrains or only reports, by drift; a join of whatever came of it, and a node that runs however all ended. */
function adaptive(value: number, trained: 'well' | 'badly' = 'well'): Pipeline {
  const measure = node({
    name: 'measure',
    inputs: {},
    outputs: { drift },
    isolation: 'inline',
    run: () => ({ drift: value }),
  })
  const train = node({
    name: 'train',
    inputs: { drift },
    outputs: { model },
    isolation: 'inline',
    run() {
      if (trained === 'badly') throw new Error('diverged')
      return { model: 'new' }
    },
  })
  const report = node({
    name: 'report',
    inputs: { drift },
    outputs: { notes },
    isolation: 'inline',
    run: () => ({ notes: 'as before' }),
  })
  const decide = branch({
    name: 'decide',
    inputs: { drift },
    choices: { retrain: [train], keep: [report], both: [train, report], nothing: [] },
    isolation: 'inline',
    run({ drift: measured }) {
      if (measured > 2) return ['retrain', 'keep']
      if (measured < 0) return 'nothing'
      return measured > 1 ? 'retrain' : 'keep'
    },
  })
  const join = node({
    name: 'join',
    inputs: { model, notes },
    outputs: { summary },
    trigger: 'anySucceeded',
    isolation: 'inline',
    run: (inputs) => ({ summary: `${inputs.model ?? '-'} ${inputs.notes ?? '-'}` }),
  })
  const close = node({
    name: 'close',
    inputs: { summary },
    outputs: { receipt },
    trigger: 'allDone',
    isolation: 'inline',
    run: (inputs) => ({ receipt: inputs.summary ?? 'nothing' }),
  })
  return pipeline('adaptive', [measure, decide, train, report, join, close])
}

type Statuses = Readonly<Record<string, string>>

const cases: readonly (readonly [
  what: string,
  subject: Pipeline,
  statuses: Statuses,
  receipt: string,
])[] = [
  [
    'one choice',
    adaptive(1.5),
    { train: 'succeeded', report: 'skipped', join: 'succeeded' },
    'new -',
  ],
  [
    'the other',
    adaptive(0.5),
    { train: 'skipped', report: 'succeeded', join: 'succeeded' },
    '- as before',
  ],
  [
    'several',
    adaptive(3),
    { train: 'succeeded', report: 'succeeded', join: 'succeeded' },
    'new as before',
  ],
  ['none', adaptive(-1), { train: 'skipped', report: 'skipped', join: 'skipped' }, 'nothing'],
  [
    'a choice that fails',
    adaptive(1.5, 'badly'),
    { train: 'failed', report: 'skipped', join: 'skipped' },
    'nothing',
  ],
]

describe('a branch', () => {
  it.each(cases)('runs what it chooses: %s', async (_what, subject, statuses, written) => {
    const bench = await workbench({ pipelines: [subject] })
    await bench.work({ concurrency: 4 })
    const run = await bench.client.enqueue(subject)
    const ended = await run.wait({ timeout: 20_000 })
    const nodes = await run.nodes()
    expect(Object.fromEntries(nodes.map((each) => [each.node, each.status]))).toMatchObject({
      measure: 'succeeded',
      decide: 'succeeded',
      ...statuses,
      close: 'succeeded',
    })
    expect(ended.status).toBe(statuses['train'] === 'failed' ? 'failed' : 'succeeded')
    const reference = nodes.find((each) => each.node === 'close')?.record?.outputs
    expect(reference).toHaveLength(1)
    const kept = await bench.redis.hget(`${bench.prefix}:run:${run.id}:data`, 'receipt')
    expect(kept).toContain(written)
    const skipped = nodes.find((each) => each.node === 'report' && each.status === 'skipped')
    expect(skipped?.record?.reason ?? 'not chosen by decide').toBe('not chosen by decide')
  })

  it.each(cases)('does the same in memory: %s', async (_what, subject, statuses, written) => {
    const result = await runPipeline(subject)
    expect(Object.fromEntries(result.nodes.map((each) => [each.name, each.status]))).toMatchObject({
      ...statuses,
      close: 'succeeded',
    })
    expect(JSON.stringify(result.outputs)).toContain(written)
  })

  it('that chooses what it does not have fails and says so', async () => {
    const wrong = branch({
      name: 'wrong',
      inputs: {},
      choices: { left: [] },
      retries: 3,
      isolation: 'inline',
      // As a value from a file would come.
      run: () => JSON.parse('"lefd"') as 'left',
    })
    const subject = pipeline('wrong', [wrong])
    const bench = await workbench({ pipelines: [subject] })
    await bench.work()
    const run = await bench.client.enqueue(subject)
    await run.wait({ timeout: 20_000 })
    const [record] = await run.nodes()
    expect(record).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { code: 'CHOICE_UNKNOWN' },
    })
  })
})
