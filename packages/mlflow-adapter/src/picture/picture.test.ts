import type { NodeFinished, Plan, PlanNode } from '@pipewright/engine/internal'
import { expect, it } from 'vitest'

import { boxesOf } from '../note/boxes.ts'
import { directReads } from './direct-reads.ts'
import { pictureOf } from './picture.ts'

/** A plan of nodes, each with the indexes of those that it reads from. */
function plan(reads: Readonly<Record<string, readonly number[]>>): Plan {
  const names = Object.keys(reads)
  const nodes = names.map((name): PlanNode => {
    const producers = reads[name] ?? []
    return {
      name,
      queue: 'default',
      isolation: 'thread',
      retry: { retries: 0, type: 'fixed', delay: 0, maxDelay: 0, jitter: 0 },
      timeout: null,
      tags: [],
      inputs: Object.fromEntries(producers.map((at) => [`from${at}`, names[at] ?? ''])),
      outputs: { made: name },
      params: {},
      producers,
      dependents: [],
      fingerprint: '',
    }
  })
  return { version: 1, pipeline: 'p', nodes, inputs: [], outputs: [], metrics: [], tags: {} }
}
function ended(index: number, details: Partial<NodeFinished> = {}): NodeFinished {
  return {
    type: 'node_finished',
    run: 'r',
    node: '',
    index,
    attempt: 1,
    startedAt: 1000,
    endedAt: 4200,
    worker: 'w',
    metrics: [],
    status: 'succeeded',
    outputs: [],
    finalMetrics: {},
    ...details,
  }
}

it('an arrow that follows from others is left out', () => {
  const reads = { clean: [], split: [0], train: [1], test: [1, 2], report: [0, 2, 3] }
  expect(directReads(boxesOf(plan(reads)))).toEqual([[], [0], [1], [2], [3]])
})

it('the picture has a box for each node with its time, its attempt and its status', () => {
  const svg = pictureOf('one', plan({ 'a<b': [], train: [0], after: [1], never: [2] }), [
    ended(0),
    ended(1, { attempt: 2, status: 'failed' }),
    ended(2, { status: 'skipped', attempt: 0, startedAt: 0 }),
  ])
  expect(svg).toMatch(
    /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 \d+ \d+" width="\d+"/,
  )
  const texts = [...(svg ?? '').matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
  expect(texts).toEqual([
    'a&lt;b',
    '3.2 s',
    'train',
    '✗ 3.2 s, attempt 2',
    'after',
    '○ skipped',
    'never',
    'pending',
  ])
})

it('instances of a mapped node share a box that tells of the worst', () => {
  const mapped = plan({ 'score[0]': [], 'score[1]': [], 'score[2]': [] })
  expect(pictureOf('two', mapped, [ended(0), ended(1, { status: 'failed' }), ended(2)])).toContain(
    '>1 of 3 failed<',
  )
  expect(pictureOf('two', mapped, [ended(0), ended(1), ended(2)])).toContain('>all succeeded<')
})

it('a wide pipeline is drawn from left to right, one that is long as well is scaled, a very large one has no picture', () => {
  const names = Array.from({ length: 30 }, (_, at) => `n${at}`)
  const wide = Object.fromEntries(names.map((name) => [name, []]))
  expect(pictureOf('three', plan(wide), [])).toContain('viewBox="0 0 134 ')
  const both = Object.fromEntries(names.map((name, at) => [name, at < 20 ? [] : [at - 1]]))
  expect(pictureOf('five', plan(both), [])).toContain('width="640"')
  const large = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`n${at}`, []]))
  expect(pictureOf('four', plan(large), [])).toBeUndefined()
})
