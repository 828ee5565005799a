import type { NodeFinished, Plan, PlanNode } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { boxesOf } from './boxes.ts'
import { mermaid } from './mermaid.ts'
import { nodeNote } from './node-note.ts'
import { closedNote, openNote, type RunEnd } from './run-note.ts'

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
function ended(name: string, details: Partial<NodeFinished> = {}): NodeFinished {
  return {
    type: 'node_finished',
    run: 'r',
    node: name,
    index: 0,
    attempt: 1,
    startedAt: 1000,
    endedAt: 2500,
    worker: 'w',
    metrics: [],
    status: 'succeeded',
    outputs: [],
    finalMetrics: {},
    ...details,
  }
}
const links = { table: '#/table', charts: '#/charts', page: (run: string) => `#/runs/${run}` }
const small = plan([
  node('clean', { outputs: { a: 'days', b: 'weeks', c: 'unread' } }),
  node('tr"ain', { inputs: { days: 'days', weeks: 'weeks' }, producers: [0] }),
])
const end: RunEnd = {
  event: { type: 'run_finished', run: 'r', status: 'succeeded', at: 71_000 },
  startedAt: 1000,
  nodes: [],
  pages: new Map(),
  picture: undefined,
}

it('the graph has a box a node and an arrow with the datasets that are passed', () => {
  expect(mermaid(boxesOf(small))).toBe(
    'graph TD\n  n0["clean"]\n  n1["tr#quot;ain"]\n  n0 -->|"days, weeks"| n1',
  )
})

it('all instances of a mapped node are one box', () => {
  const mapped = plan([
    node('split', { outputs: { part: 'part' } }),
    ...[0, 1, 2].map((at) =>
      node(`score[${at}]`, {
        inputs: { part: 'part' },
        outputs: { score: `score.${at}` },
        producers: [0],
      }),
    ),
    node('join', {
      inputs: { a: 'score.0', b: 'score.1', c: 'score.2' },
      producers: [1, 2, 3],
    }),
  ])
  expect(mermaid(boxesOf(mapped)).split('\n').slice(1)).toEqual([
    '  n0["split"]',
    '  n1["score × 3"]',
    '  n2["join"]',
    '  n0 -->|"part"| n1',
    '  n1 -->|"score.0, score.1, score.2"| n2',
  ])
})

describe('the description of a run', () => {
  it('leads to all runs of the pipeline while it goes on', () => {
    const note = openNote(small, links)
    expect(note).toMatch(
      /^\*\*p\*\* runs, 2 nodes\. .*\[table\]\(#\/table\), \[charts\]\(#\/charts\)/,
    )
    expect(note).toContain('```mermaid\ngraph TD')
  })

  it('says at the end how it went, with a picture and a row for each node', () => {
    const note = closedNote(
      small,
      {
        ...end,
        nodes: [
          ended('clean', { finalMetrics: { rows: 12_345, share: 0.123456, odd: 'NaN' } }),
          ended('train', { attempt: 2, index: 1 }),
        ],
        pages: new Map([['clean', 'abc']]),
        picture: 'get-artifact?path=x',
      },
      links,
    )
    expect(note).toMatch(/^\*\*Succeeded\*\* after 1 min 10 s, 2 nodes\./)
    expect(note).toContain('![p](get-artifact?path=x)')
    expect(note).toContain(
      '| [`clean`](#/runs/abc)&emsp; | ✓&nbsp;succeeded&emsp; | 1.5&nbsp;s&emsp; | rows 12345, share 0.1235, odd NaN&emsp; |',
    )
    expect(note).toContain('| `train`&emsp; | ✓&nbsp;succeeded,&nbsp;attempt&nbsp;2&emsp;')
  })

  it('shows the error of the first node that failed, which cannot break out of its block', () => {
    const error = { code: 'RangeError', message: 'a\n```\n[b](c) | d', hint: 'Do e.' }
    const note = closedNote(
      small,
      {
        ...end,
        event: { ...end.event, status: 'failed' },
        nodes: [ended('clean', { status: 'failed', error })],
      },
      links,
    )
    expect(note).toContain(
      "The first node that failed is `clean`:\n\n```\nRangeError: a\n'''\n[b](c) | d\nDo e.\n```",
    )
  })

  it('of very many nodes lists those that failed and those that took longest', () => {
    const nodes = Array.from({ length: 1000 }, (_, at) =>
      ended(`node-${at}`, {
        endedAt: 2000 + at,
        status: at === 3 ? 'failed' : 'succeeded',
      }),
    )
    const note = closedNote(
      plan(nodes.map(({ node: name }) => node(name))),
      { ...end, nodes },
      links,
    )
    expect(note).toContain('`node-3`&emsp;')
    expect(note).toContain('`node-999`&emsp;')
    expect(note).not.toContain('`node-4`')
    expect(note).toContain('and 960 more nodes')
    expect(note.length).toBeLessThanOrEqual(8000)
  })
})

describe('the description of a node’s run', () => {
  const place = {
    plan: small,
    index: 1,
    node: 'train',
    pageOf: (name: string) => `#/runs/${name}`,
    parent: '#/runs/parent',
  }

  it('leads to the nodes that it reads from', () => {
    expect(nodeNote(place)).toBe(
      'Node `train` of [p](#/runs/parent). Reads `days` from [`clean`](#/runs/clean), `weeks` from [`clean`](#/runs/clean).',
    )
  })

  it('tells where its error was thrown, in lines that do not widen the page', () => {
    const stack = `RangeError: no\n    at fit (${'x'.repeat(200)}.ts:1:2)`
    const note = nodeNote(place, { code: 'RangeError', message: 'no', stack })
    const [head, ...lines] = note.split('```')[1]?.trim().split('\n') ?? []
    expect(head).toBe('RangeError: no')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^ {4}at fit \(x+…x+\.ts:1:2\)$/)
    expect(lines[0]?.length).toBe(84)
  })
})
