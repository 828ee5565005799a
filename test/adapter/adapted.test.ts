import { startAdapter } from '@pipewright/mlflow-adapter'
import { expect, it, onTestFinished } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { expectEqual } from './equality.ts'
import { HandMadeRun, handMadePlan, inlineValue } from './hand-made-run.ts'
import { drained, newLedger } from './test-ledger.ts'

const plan = handMadePlan('adaptive', [
  { name: 'measure', outputs: { drift: 'drift' } },
  { name: 'decide', inputs: { drift: 'drift' } },
  { name: 'train', inputs: { drift: 'drift' } },
])

it(
  'tells whose result a node has taken, what a branch chose and why a node was skipped',
  async () => {
    const ledger = await newLedger('adapted')
    onTestFinished(async () => ledger.close())
    const adapter = await startAdapter(ledger.options)
    onTestFinished(async () => adapter.stop())
    const origin = { run: '01M863WRBW66ANHT8B4N1Y55PN', node: 'measure', endedAt: 5 }
    const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
    await run.submit()
    await run.end(
      'measure',
      {
        status: 'reused',
        origin,
        metrics: [['loss', 0.5, 0, run.createdAt + 1500]],
        finalMetrics: { loss: 0.5 },
      },
      [inlineValue('drift', 0.1)],
    )
    await run.end('decide', { choice: ['keep'] })
    await run.end('train', {
      status: 'skipped',
      reason: 'not chosen by decide',
      attempt: 0,
      startedAt: 0,
      worker: '',
    })
    await run.finish('succeeded')
    await drained(adapter)
    const seen = await expectEqual(ledger.seen, run, 'FINISHED')
    const tagsOf = (name: string): Readonly<Record<string, string>> =>
      seen.nodes.get(name)?.tags ?? {}
    expect(tagsOf('measure')).toMatchObject({
      'pipewright.status': 'reused',
      'pipewright.origin.run': origin.run,
      'pipewright.origin.node': 'measure',
    })
    expect(tagsOf('measure')['pipewright.link.origin']).toContain(encodeURIComponent(origin.run))
    expect(tagsOf('decide')).toMatchObject({ 'pipewright.choice': 'keep' })
    expect(tagsOf('train')).toMatchObject({ 'pipewright.reason': 'not chosen by decide' })
  },
  MLFLOW_TIMEOUT_MS,
)
