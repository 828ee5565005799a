import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadModel, unpackModel, type Model } from '@pipewright/engine/model'
import { runPipeline } from '@pipewright/engine/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { labels, packedModel, rows } from './packed.ts'
import { uk } from './project/countries.ts'
import { sentiment } from './project/sentiment.ts'

describe('a packed model', () => {
  let folder: string
  let packed: Uint8Array
  let model: Model

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-test-'))
    packed = await packedModel()
    await unpackModel(packed, join(folder, 'model'))
    model = await loadModel(join(folder, 'model'))
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('predicts what the inference pipeline predicts', async () => {
    const trained = await runPipeline(sentiment.training, { inputs: { reviews: rows, labels } })
    const run = await runPipeline(sentiment, {
      inputs: {
        reviews: rows,
        weights: trained.outputs['weights'],
        salt: trained.outputs['salt'],
      },
    })
    expect(run.outputs['predictions']).toHaveLength(3)
    expect(await model.predict(rows)).toEqual(run.outputs['predictions'])
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
    // Where it was made is nobody's business, and would change its fingerprint.
    expect(code).not.toContain(import.meta.dirname)
  })

  it('is the same for the same code and data', async () => {
    expect(Buffer.compare(await packedModel(), packed)).toBe(0)
  })

  it('has nodes that no module exports by themselves: those of pipelines and namespaces', async () => {
    const run = await runPipeline(uk.training, {
      inputs: { 'uk.reviews': rows, 'uk.labels': labels },
    })
    await unpackModel(run.output(uk.model), join(folder, 'uk'))
    const ofNamespace = await loadModel(join(folder, 'uk'))
    expect(await ofNamespace.predict(rows)).toEqual(await model.predict(rows))
  })

  it('is refused when a file of it was changed', async () => {
    const changed = join(folder, 'changed')
    await unpackModel(packed, changed)
    await writeFile(join(changed, 'artifacts', 'weights.json'), '{}')
    await expect(loadModel(changed)).rejects.toThrow(
      `artifacts/weights.json of the model in ${changed} is not the file that was packed.`,
    )
  })
})
