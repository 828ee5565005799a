import type { Plan, PlanNode } from '@pipewright/engine/internal'
import { expect, it } from 'vitest'

import { graphOf, noteOf } from './note.ts'

function node(name: string, details: Partial<PlanNode> = {}): PlanNode {
  return {
    name,
    queue: 'default',
    isolation: 'thread',
    retry: { retries: 0, type: 'fixed', delay: 0, maxDelay: 0, jitter: 0 },
    timeout: null,
    tags: [],
    inputs: {},
    outputs: {},
    params: {},
    producers: [],
    dependents: [],
    fingerprint: '',
    ...details,
  }
}
function plan(nodes: readonly PlanNode[]): Plan {
  return { version: 1, pipeline: 'p', nodes, inputs: [], outputs: [], metrics: [], tags: {} }
}

it('the graph has a box a node and an arrow with the datasets that are passed', () => {
  const graph = graphOf(
    plan([
      node('clean', { outputs: { a: 'days', b: 'weeks', c: 'unread' } }),
      node('tr"ain', { inputs: { days: 'days', weeks: 'weeks' }, producers: [0] }),
    ]),
  )
  expect(graph).toBe('graph TD\n  n0["clean"]\n  n1["tr#quot;ain"]\n  n0 -->|"days, weeks"| n1')
})

it('a graph that is too long for a tag is left to the artifact', () => {
  const note = noteOf(plan(Array.from({ length: 1000 }, (_, at) => node(`node-${at}`))), {
    runs: 'http://x',
  })
  expect(note).toContain('1000 nodes')
  expect(note).not.toContain('mermaid')
})
