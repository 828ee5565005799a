import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadModel, unpackModel, type Model } from '@pipewright/engine/model'
import { runPipeline } from '@pipewright/engine/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { sentiment } from './project/sentiment.ts'

const reviews = [
  { text: 'A joy from start to end', stars: 5, tags: ['long'] },
  { text: 'Dull, dull, dull', tags: [] },
  { text: 'What a joy', tags: [] },
]
const inputs = { reviews, labels: [true, false, true] }

let folder: string
let packed: Uint8Array
let model: Model

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-test-'))
  const run = await runPipeline(sentiment.training, { inputs })
  expect(run.nodes.map(({ name, status, error }) => [name, status, error?.message])).toEqual([
    ['split', 'succeeded', undefined],
    ['train', 'succeeded', undefined],
    ['pack_sentiment', 'succeeded', undefined],
  ])
  packed = run.output(sentiment.model)
  await unpackModel(packed, join(folder, 'model'))
  model = await loadModel(join(folder, 'model'))
}, 60_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a packed model', () => {
  it('predicts what the inference pipeline predicts', async () => {
    const trained = await runPipeline(sentiment.training, { inputs })
    const run = await runPipeline(sentiment, {
      inputs: {
        reviews,
        weights: trained.outputs['weights'],
        salt: trained.outputs['salt'],
      },
    })
    expect(await model.predict(reviews)).toEqual(run.outputs['predictions'])
  })

  it('names the row and the field that its contract does not allow', async () => {
    await expect(model.predict([{ text: 'fine' }, { text: 7 }])).rejects.toThrow(
      'Model "sentiment" refuses row 1: at /text: Invalid input: expected string, received number.',
    )
  })

  it('carries the code of inference and nothing of training', async () => {
    const code = await readFile(join(folder, 'model/code/model.mjs'), 'utf8')
    expect(code).toContain('toLowerCase')
    expect(code).not.toContain('a heavy library of training')
    expect(code).not.toContain('rolldown')
  })

  it('is the same for the same code and data', async () => {
    const again = await runPipeline(sentiment.training, { inputs })
    expect(Buffer.compare(again.output(sentiment.model), packed)).toBe(0)
  })
})
