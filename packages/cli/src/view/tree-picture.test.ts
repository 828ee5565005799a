import { stripVTControlCharacters } from 'node:util'

import type { NodeRun, Run, Status } from '@pipewright/engine/client'
import { expect, test } from 'vitest'

import { treePicture } from './tree-picture.ts'

const size = { columns: 79, rows: 40 }

function nodeRun(
  node: string,
  index: number,
  status: Status,
  more: Partial<NodeRun> = {},
): NodeRun {
  const isOver = status !== 'pending' && status !== 'running'
  return {
    node,
    index,
    status,
    attempt: status === 'pending' ? 0 : 1,
    startedAt: status === 'pending' ? undefined : 1000,
    endedAt: isOver ? 2500 : undefined,
    worker: undefined,
    error: undefined,
    record: undefined,
    ...more,
  }
}

function picture(nodes: readonly NodeRun[] | undefined, total = 3, room = size): readonly string[] {
  const run: Run = {
    id: '01TEST',
    pipeline: 'training',
    plan: '',
    status: 'running',
    params: {},
    tags: {},
    env: 'local',
    key: undefined,
    priority: 0,
    startAt: undefined,
    waits: undefined,
    createdAt: Date.now(),
    endedAt: undefined,
    error: undefined,
    total,
    finished: nodes?.filter((node) => node.endedAt !== undefined).length ?? 0,
  }
  const order = Array.from({ length: total }, (_, index) => ({ index, depth: index }))
  return treePicture(run, nodes, order, room).map((line) => stripVTControlCharacters(line))
}

test('each node has its mark, its duration and its status in words', () => {
  const lines = picture([
    nodeRun('clean', 0, 'succeeded'),
    nodeRun('train', 1, 'pending'),
    nodeRun('test', 2, 'skipped'),
  ])
  expect(lines[0]).toContain('2/3')
  expect(lines[1]).toMatch(/^✔ clean +1\.5s {2}succeeded$/)
  expect(lines[2]).toMatch(/^ {2}○ train +pending$/)
  expect(lines[3]).toMatch(/^ {4}↓ test /)
})

test('a node that waits for its next attempt says so', () => {
  const waiting = nodeRun('train', 0, 'pending', { attempt: 2 })
  expect(picture([waiting], 1)[1]).toContain('retrying after attempt 2')
})

test('no line is wider than the terminal, however long the names', () => {
  const nodes = Array.from({ length: 20 }, (_, at) =>
    nodeRun('n'.repeat(100), at, 'failed', { attempt: 12 }),
  )
  for (const line of picture(nodes, 20)) expect(line.length).toBeLessThanOrEqual(size.columns)
})

test('more than 30 nodes become counts, with the failed ones before the running', () => {
  const nodes = Array.from({ length: 100 }, (_, at) =>
    nodeRun(
      `n${at}`,
      at,
      at < 50 ? 'succeeded' : at < 65 ? 'running' : at < 66 ? 'failed' : 'pending',
    ),
  )
  const lines = picture(nodes, 100)
  expect(lines[1]).toBe('50 succeeded, 15 running, 1 failed, 34 pending')
  expect(lines[2]).toContain('✖ n65')
  expect(lines.at(-1)).toBe('  and 6 more')
  expect(lines).toHaveLength(13)
})

test('a picture is never higher than the terminal', () => {
  const nodes = Array.from({ length: 20 }, (_, at) => nodeRun(`n${at}`, at, 'running'))
  expect(picture(nodes, 20, { columns: 79, rows: 10 }).length).toBeLessThan(10)
})

test('a run that is too large to read shows its progress alone', () => {
  expect(picture(undefined, 9000)).toHaveLength(1)
})
