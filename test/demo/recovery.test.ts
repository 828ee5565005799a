import type { Event, NodeFinished } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { recoveryOf } from '../../scripts/demo/recovery.ts'

const run = 'r'
const kill = { worker: 'amber', at: 2000 }

function ended(node: string, attempt: number, endedAt: number): NodeFinished {
  return {
    type: 'node_finished',
    run,
    node,
    index: 0,
    attempt,
    status: 'succeeded',
    worker: 'birch',
    startedAt: endedAt - 500,
    endedAt,
    metrics: [],
    outputs: [],
    finalMetrics: {},
  }
}

const lost: Event = {
  type: 'node_lost',
  run,
  node: 'train',
  index: 1,
  attempt: 1,
  losses: 1,
  at: 14_000,
}
const over: Event = { type: 'run_finished', run, status: 'succeeded', at: 20_000 }

describe("the demo's verdict", () => {
  it('holds when what was in flight was taken over and what was done stayed done', () => {
    const events = [ended('clean', 1, 1000), lost, ended('train', 2, 15_000), over]
    const { holds, lines } = recoveryOf(events, kill, 0)
    expect(holds).toBe(true)
    expect(lines.join('\n')).toContain(
      'train was lost by amber at 2.0 s, missed at 14.0 s, taken over by birch at 14.5 s',
    )
  })

  it('does not hold when a node that was done began again', () => {
    const again: Event = {
      type: 'node_started',
      run,
      node: 'clean',
      index: 0,
      attempt: 2,
      at: 3000,
      worker: 'birch',
    }
    const events = [ended('clean', 1, 1000), again, lost, ended('train', 2, 15_000), over]
    expect(recoveryOf(events, kill, 0)).toMatchObject({ holds: false })
  })

  it('does not hold when a node ended twice, when nothing was lost, or when the run failed', () => {
    const done = ended('clean', 1, 1000)
    expect(recoveryOf([done, ended('clean', 2, 9000), lost, over], kill, 0).holds).toBe(false)
    expect(recoveryOf([done, over], kill, 0).holds).toBe(false)
    expect(recoveryOf([done, lost, { ...over, status: 'failed' }], kill, 0).holds).toBe(false)
  })
})
