import type { NodeDiff, RunDiff } from '@pipewright/engine/client'
import { describe, expect, it } from 'vitest'

import { diffText } from './diff-text.ts'

const run = { pipeline: 'training', createdAt: 0, endedAt: 3200 }
const same: NodeDiff = {
  node: 'clean',
  status: { a: 'succeeded', b: 'succeeded' },
  differences: [],
  unknown: [],
}

function diffOf(nodes: readonly NodeDiff[], other: Partial<RunDiff> = {}): RunDiff {
  return {
    a: { ...run, id: 'A', status: 'succeeded' },
    b: { ...run, id: 'B', status: 'failed' },
    nodes,
    metrics: [],
    ...other,
  }
}

const lines = (diff: RunDiff): readonly string[] => diffText(diff).split('\n').slice(3)

describe('what differs between two runs', () => {
  it('is told with the first difference, then node by node, metrics last', () => {
    const train: NodeDiff = {
      node: 'train',
      status: { a: 'succeeded', b: 'failed' },
      differences: [
        { kind: 'code', files: [{ path: 'lib/fit.ts', change: 'changed' }] },
        { kind: 'param', param: 'train.epochs', before: 20, after: 50 },
      ],
      unknown: [],
    }
    const publish: NodeDiff = {
      ...same,
      node: 'publish',
      status: { a: undefined, b: 'skipped' },
    }
    const metrics = [
      { name: 'evaluate.f1', promoted: true, a: 0.5, b: 0.75 },
      { name: 'train.loss', promoted: false, a: 0.31, b: undefined },
    ]
    expect(lines(diffOf([same, train, publish], { first: 'train', metrics }))).toEqual([
      'first difference: train: code: lib/fit.ts changed',
      '',
      'nodes',
      '  ≠ train    succeeded → failed  code: lib/fit.ts changed',
      '                                 param train.epochs: 20 → 50',
      '  + publish  skipped             only in the second run',
      '  = 1 the same: clean',
      '',
      'metrics',
      '  metric       a     b     change',
      '  evaluate.f1  0.5   0.75  +0.25',
      '  train.loss   0.31  -',
    ])
  })

  it('is nothing where all is the same', () => {
    expect(lines(diffOf([same]))).toEqual([
      'no difference in code, params and inputs',
      '',
      'nodes',
      '  = 1 the same: clean',
    ])
  })

  it('says what could not be compared', () => {
    const skipped: NodeDiff = {
      ...same,
      node: 'train',
      status: { a: 'succeeded', b: 'skipped' },
      unknown: ['code', 'inputs'],
    }
    expect(lines(diffOf([skipped]))).toEqual([
      'no difference in code, params and inputs, as far as they are known',
      '',
      'nodes',
      '    train  succeeded → skipped  not known of both: code, inputs',
    ])
  })

  it('names fifty nodes, and counts the others', () => {
    const nodes = Array.from({ length: 60 }, (_, at): NodeDiff => ({
      ...same,
      node: `n${at}`,
      differences: [{ kind: 'code' }],
    }))
    const text = diffText(diffOf(nodes, { first: 'n0' }))
    expect(text.split('\n').filter((line) => line.startsWith('  ≠'))).toHaveLength(50)
    expect(text).toContain('  and 10 more')
  })
})
