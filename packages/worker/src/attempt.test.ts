import { dataset, node, pipeline } from '@pipewright/engine'
import { compile } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'

import { Attempt } from './attempt.ts'
import { setup } from './isolate/fixture/attempts.ts'
import { openIsolates } from './isolate/isolates.ts'

const plan = compile(
  pipeline('alone', [
    node({
      name: 'only',
      inputs: {},
      outputs: { out: dataset('out', z.number()) },
      run: () => ({ out: 1 }),
    }),
  ]),
)

function alone(): Attempt {
  const [only] = plan.plan.nodes
  if (only === undefined) throw new Error('no node')
  const isolates = openIsolates(setup)
  onTestFinished(async () => isolates.close())
  const assignment = {
    jobId: 'job',
    run: { id: 'run', pipeline: 'alone', planHash: plan.hash, plan: plan.plan, params: {} },
    index: 0,
    node: only,
    queue: 'default~quarantine',
    lane: '',
    attempt: 3,
    start: { count: 3, at: 0, token: 'token' },
    generation: 1,
    failures: 0,
    inputs: {},
    missing: [],
    startedAt: 0,
    began: 0,
  }
  return new Attempt(assignment, {
    worker: 'worker',
    code: undefined,
    isolates,
    onLog: () => undefined,
    isPublished: () => false,
    grace: 1000,
    alone: true,
    send: async () => Promise.resolve(),
  })
}

describe('an attempt in quarantine', () => {
  it('is not to blame for a process that ends before any body begins', async () => {
    const before = process.env['NODE_OPTIONS']
    process.env['NODE_OPTIONS'] = '--import=data:text/javascript,process.exit(3)'
    onTestFinished(() => {
      if (before === undefined) delete process.env['NODE_OPTIONS']
      else process.env['NODE_OPTIONS'] = before
    })
    const outcome = await alone().run()
    expect(outcome).toMatchObject({
      type: 'ended',
      record: { status: 'failed', error: { code: 'ISOLATE_CRASHED' } },
    })
  })
})
