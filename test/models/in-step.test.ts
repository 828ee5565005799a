import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { dataset, inferencePipeline, node, pipeline } from '@pipewright/engine'
import { compile } from '@pipewright/engine/internal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

import { predictions, reviews, weights, words } from './project/datasets.ts'
import { predict, split, train } from './project/nodes.ts'
import { sentiment, training } from './project/sentiment.ts'

const options = {
  name: 'sentiment',
  input: reviews,
  output: predictions,
  code: import.meta.url,
} as const

describe('training and inference', () => {
  it('share their nodes, and the graph finds what inference needs of training', () => {
    expect(compile(sentiment).plan).toMatchObject({
      inputs: ['reviews', 'weights', 'salt'],
      outputs: ['predictions'],
    })
    const { nodes } = compile(sentiment.training).plan
    expect(nodes.map(({ name }) => name)).toEqual(['split', 'train', 'pack_sentiment'])
    expect(nodes.at(-1)).toMatchObject({
      inputs: { weights: 'weights', salt: 'salt', labels: 'labels', reviews: 'reviews' },
      outputs: { model: 'sentiment_model' },
      params: { 'predict.threshold': 'predict.threshold' },
    })
  })

  it('change together: another shared node is another plan of both', () => {
    const other = { ...split, source: `${split.source} // changed` }
    const changed = inferencePipeline(pipeline('training', [other, train]), {
      ...options,
      nodes: [other, predict],
    })
    expect(compile(changed).hash).not.toBe(compile(sentiment).hash)
    expect(compile(changed.training).hash).not.toBe(compile(sentiment.training).hash)
  })

  it('change together: another node of inference alone is another plan of training too', () => {
    const other = { ...predict, source: `${predict.source} // changed` }
    const changed = inferencePipeline(training, { ...options, tag: 'inference', nodes: [other] })
    expect(compile(changed.training).hash).not.toBe(compile(sentiment.training).hash)
  })

  it('cannot prepare their rows differently', () => {
    const own = node({
      name: 'split_quickly',
      inputs: { reviews },
      outputs: { words },
      run: ({ reviews }) => ({ words: reviews.map(({ text }) => text.split(' ')) }),
    })
    expect(() => inferencePipeline(training, { ...options, nodes: [own, predict] })).toThrow(
      'nodes "split" and "split_quickly" both make dataset "words"',
    )
    const fork = { ...own, name: 'split' }
    expect(() => inferencePipeline(training, { ...options, nodes: [fork, predict] })).toThrow(
      'Pipeline "training" has two different nodes named "split".',
    )
  })

  const idle = node({
    name: 'count',
    inputs: { words },
    outputs: { size: dataset('size', z.number()) },
    run: ({ words }) => ({ size: words.length }),
  })
  it.each([
    ['it has no nodes', { nodes: [] }],
    ['its input "reviews" is read by none of its nodes', { nodes: [predict] }],
    ['its output "predictions" is made by none of its nodes', { nodes: ['split'] }],
    ['its node "count" does nothing for "predictions"', { nodes: ['split', predict, idle] }],
    ['its input "weights" is not an array of rows', { nodes: ['split', predict], input: weights }],
  ])('cannot be joined when %s', (message, given) => {
    expect(() => inferencePipeline(training, { ...options, ...given })).toThrow(message)
  })
})

describe('a worker whose code was changed on disk after it was loaded', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'in-step-'))
    await cp(join(import.meta.dirname, 'project'), join(folder, 'project'), { recursive: true })
    await symlink(join(import.meta.dirname, '..', 'node_modules'), join(folder, 'node_modules'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('packs no model: it would not do what was trained', async () => {
    const main = join(import.meta.dirname, 'out-of-step-main.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=@pipewright/source',
      main,
      join(folder, 'project'),
    ])
    expect(stdout).toBe('succeeded\nfailed MODEL_OUT_OF_STEP\n')
  })
})
